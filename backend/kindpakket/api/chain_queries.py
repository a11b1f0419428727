# SPDX-License-Identifier: EUPL-1.2
"""Questions to the chain over the API, in JSON-RPC: for auditors, and for who holds an audit key."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from kindpakket import audit_keys, chain_queries
from kindpakket.chain_queries import ChainQueries, Reader
from kindpakket.errors import SignInRequired
from kindpakket.staff import Role, require_role
from kindpakket.staff_log import COMMAND_LINE

from .access import Credentials, UseServices, audit_key_scheme, lets_in, signed_in_staff, staff_scheme
from .problems import PROBLEM_RESPONSES

router = APIRouter(tags=["auditors"], responses=PROBLEM_RESPONSES)

JSON = "application/json"
_CALL: dict[str, Any] = {
    "type": "object",
    "required": ["jsonrpc", "id", "method"],
    "additionalProperties": False,
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "id": {"type": ["integer", "string"], "maxLength": 40},
        "method": {"type": "string", "enum": list(chain_queries.METHODS)},
        "params": {"type": "array"},
    },
}
_ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["jsonrpc", "id"],
    "properties": {"jsonrpc": {"const": "2.0"}, "id": {}, "result": {}, "error": {"type": "object"}},
}


def _one_or_many(part: dict[str, Any]) -> dict[str, Any]:
    batch = {"type": "array", "items": part, "minItems": 1, "maxItems": chain_queries.BATCH_CALLS}
    return {JSON: {"schema": {"oneOf": [part, batch]}}}


async def _body(request: Request) -> bytes:
    return await request.body()


@lets_in(Role.AUDITOR, "audit_key")
def chain_reader(
    services: UseServices,
    of_staff: Annotated[Credentials, Depends(staff_scheme)],
    of_outsider: Annotated[Credentials, Depends(audit_key_scheme)],
) -> Reader:
    """Return who asks: an auditor, or the holder of an audit key.

    Raises:
        SignInRequired: No token, or a session or a key that ended.
        RoleRequired: A member of staff who is no auditor.
    """
    if of_outsider is not None and audit_keys.is_key(of_outsider.credentials):
        key = audit_keys.key_of(services, of_outsider.credentials)
        if key is None:
            raise SignInRequired
        name = f"audit_key={key.audit_key}"
        return Reader(name=name, author=COMMAND_LINE, audit_key=key.audit_key)
    session = signed_in_staff(services, of_staff)
    require_role(session, Role.AUDITOR)
    return Reader(name=f"staff={session.staff}", author=session.author)


def queries_of(request: Request) -> ChainQueries:
    """Return what counts and answers the app's questions to the chain."""
    queries: ChainQueries = request.app.state.chain_queries
    return queries


@router.post(
    "/chain-queries",
    operation_id="queryChain",
    response_class=Response,
    openapi_extra={"requestBody": {"required": True, "content": _one_or_many(_CALL)}},
    responses={200: {"description": "JSON-RPC 2.0", "content": _one_or_many(_ANSWER)}},
)
def query_chain(
    reader: Annotated[Reader, Depends(chain_reader)],
    queries: Annotated[ChainQueries, Depends(queries_of)],
    body: Annotated[bytes, Depends(_body)],
) -> Response:
    """Ask the chain's node, in JSON-RPC 2.0: reading methods of a closed list. Auditors, and who has an audit key."""
    return Response(queries.answer(body, reader=reader), media_type=JSON)
