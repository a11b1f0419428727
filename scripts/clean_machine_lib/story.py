# SPDX-License-Identifier: EUPL-1.2
"""What is done on the clean machine: the guide's own blocks in their order, and after each what must then be true."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from .machine import Failed, Machine

URL = "https://kindpakket.example.nl"
VISITOR = "/root/visitor.py"
ALARM = '#!/bin/sh\necho "$1" >>/root/alarms\n'

A_CENT_TOO_MUCH = """python3 - <<'END'
import sqlite3
database = sqlite3.connect('/var/lib/kindpakket/ledger.db', timeout=60)
with database:
    changed = database.execute('UPDATE programme SET deposited_cents = deposited_cents + 1')
    assert changed.rowcount == 1
END"""
A_CENT_TOO_MUCH_ON_POSTGRESQL = """
changed="$(runuser --user kindpakket -- psql kindpakket \\
  --command 'UPDATE kindpakket_ledger.programme SET deposited_cents = deposited_cents + 1')"
[ "$changed" = 'UPDATE 1' ]
"""

Tell = Callable[[str], None]
Blocks = Mapping[str, str]


def install(machine: Machine, blocks: Blocks, tell: Tell) -> None:
    """Follow the guide as far as it needs a network."""
    for name in ("prepare", "install", "postgresql-install", "passphrase", "certificate"):
        if commands := blocks[name]:
            machine.run_with_network(commands)
            tell(f"guide: {name}")
    machine.run_with_network(
        # Beside the guide: its other proxy, and what reads alert rules. Neither is to run by itself.
        "apt-get install --yes caddy && systemctl disable caddy nginx && cd /root"
        " && apt-get download prometheus && dpkg-deb -x prometheus_*.deb /root/prometheus"
    )
    machine.put(VISITOR, (Path(__file__).parent / "visitor.py").read_bytes())
    machine.put("/etc/hosts", "127.0.0.1 localhost kindpakket.example.nl\n")
    tell("beside it: caddy, promtool, a visitor")


def run(machine: Machine, blocks: Blocks, tell: Tell) -> None:
    """Follow the rest on the booted machine."""
    _start(machine, blocks, tell)
    _stay_inside(machine, tell)
    _be_watched(machine, tell)
    _stop_and_start(machine, tell)
    _rotate(machine, blocks, tell)
    _restore(machine, blocks, tell)
    _upgrade(machine, blocks, tell)
    _raise_the_alarm(machine, tell, on_postgresql=bool(blocks["postgresql"]))
    _stand_behind_caddy(machine, tell)
    _say_nothing(machine, tell)


def _start(machine: Machine, blocks: Blocks, tell: Tell) -> None:
    units = "/etc/systemd/system/kindpakket*.service /etc/systemd/system/kindpakket*.timer"
    machine.run(f"systemd-analyze verify {units}")
    tell("systemd-analyze verify finds no fault in the units")
    _follow(machine, blocks, tell, "postgresql", "nginx", "start")
    link = machine.run("kindpakket sign-in-link").strip()
    if not link.startswith(f"{URL}/gemeente/aanmelden#code="):
        raise Failed(f"not a link: {link}")
    _visit(machine, f"found {URL} {link.partition('#code=')[2]}")
    _visit(machine, f"pay {URL}")
    _visit(machine, f"check {URL}")
    tell("paid through nginx and TLS, with the news of it through the open answer")


def _stay_inside(machine: Machine, tell: Tell) -> None:
    """See what strangers reach, and what the service may do."""
    for path in ("health", "ready", "metrics"):
        status = machine.run(
            f"curl --silent --insecure --output /dev/null --write-out '%{{http_code}}' --interface lo {URL}/{path}"
        )
        tell(f"{URL}/{path} by this machine itself: {status}")
        if path == "metrics" and status != "404":
            raise Failed("the metrics are on the public port")
    headers = machine.run(f"curl --silent --insecure --head {URL}/winkel/").lower()
    for wanted in ("strict-transport-security: max-age=31536000", "x-request-id: ", "x-frame-options: deny"):
        if wanted not in headers:
            raise Failed(f"{wanted} is missing: {headers}")
    large = machine.run(
        "head -c 1100000 /dev/zero | curl --silent --insecure --output /dev/null"
        " --write-out '%{http_code} %{content_type}'"
        f" --data-binary @- {URL}/api/v1/activations"
    )
    if large != "413 application/problem+json":
        raise Failed(f"a body of 1.1 MB is answered {large}")
    listening = machine.run(
        "python3 -c \"print(*sorted({l.split()[1] for f in ('tcp', 'tcp6') for l in open(f'/proc/net/{f}')"
        " if l.split()[3] == '0A'}))\""
    )
    tell(f"listens on (address:port, hexadecimal): {listening.strip()}")
    tell(machine.run("systemd-analyze security --no-pager kindpakket | tail -n 1").strip())
    rights = machine.run(
        "cat /proc/$(systemctl show --property=MainPID --value kindpakket)/status"
        " | grep --extended-regexp '^(NoNewPrivs|Seccomp|CapEff):' | tr -d '[:space:]'"
    )
    if rights != "CapEff:0000000000000000NoNewPrivs:1Seccomp:2":
        raise Failed(f"the service has rights: {rights}")
    others = machine.run("find /var/lib/kindpakket -perm /077 | head")
    if others:
        raise Failed(f"others may read {others}")
    for file in ("kindpakket.env", "passphrase"):
        if (mode := machine.run(f"stat --format '%U %a' /etc/kindpakket/{file}").strip()) != "root 600":
            raise Failed(f"{file} is {mode}")
    # The chain's processes are told no setting: one may be a password.
    machine.run(
        "for comm in $(grep --files-with-matches --line-regexp anvil /proc/[0-9]*/comm);"
        " do ! grep --quiet --text KINDPAKKET_ ${comm%comm}environ || exit 1; done"
    )
    tell("no capability, calls filtered, HSTS, the body's limit, data and settings that no other may read")


def _be_watched(machine: Machine, tell: Tell) -> None:
    metrics = machine.run("curl --fail --silent http://127.0.0.1:9108/metrics")
    for wanted in (
        'kindpakket_payments_total{result="accepted"} 1.0',
        'kindpakket_payments_total{result="already_redeemed"} 1.0',
        'kindpakket_part_ready{part="chain"} 1.0',
    ):
        if wanted not in metrics:
            raise Failed(f"{wanted} is missing in the metrics")
    checked = machine.run(
        "/root/prometheus/usr/bin/promtool check rules /opt/kindpakket/scripts/service/alerts.yml"
        " && curl --fail --silent http://127.0.0.1:9108/metrics | /root/prometheus/usr/bin/promtool check metrics"
    )
    tell(f"promtool takes the rules and the metrics\n{_indented(checked)}")
    # What a part that hangs looks like: anvil stands still.
    chain = "$(grep --files-with-matches --line-regexp anvil /proc/[0-9]*/comm | cut -d/ -f3)"
    machine.run(f"kill -STOP {chain}")
    waited = "for n in $(seq 120); do {0} && exit 0; sleep 1; done; exit 1"
    not_ready = 'curl --silent http://127.0.0.1:8000/ready | grep -q \'"part":"chain","ready":false\''
    machine.run(waited.format(not_ready))
    machine.run("! systemctl start kindpakket-ready.service")
    alive = machine.run("curl --fail --silent --max-time 10 http://127.0.0.1:8000/health")
    machine.run(f"kill -CONT {chain}")
    machine.run(waited.format("curl --fail --silent --output /dev/null http://127.0.0.1:8000/ready"))
    machine.run("systemctl start kindpakket-ready.service")
    tell(f"a chain that stands still: /ready says so, /health says {alive.strip()}; then it goes on")


def _stop_and_start(machine: Machine, tell: Tell) -> None:
    wait = "curl --fail --silent --retry 60 --retry-delay 2 --retry-all-errors http://127.0.0.1:8000/ready"
    machine.run(f"systemctl restart kindpakket && {wait}")
    stopped = machine.run("journalctl --unit kindpakket --output cat | grep -c 'Main process exited' || true")
    if stopped.strip() != "0":
        raise Failed("a restart does not end with code 0")
    _visit(machine, f"check {URL}")
    machine.put("/etc/kindpakket/alarm", ALARM, mode=0o755)
    machine.run(f"systemctl kill --signal KILL kindpakket; sleep 1; {wait}")
    _visit(machine, f"check {URL}")
    _visit(machine, f"pay {URL}")
    if machine.read("/root/alarms") != "kindpakket.service\n":
        raise Failed(f"a kill -9 is told as {machine.read('/root/alarms')}")
    tell("restarted in good order, and by kill -9, which the alarm told: every payment is there")
    machine.run(
        "systemctl stop kindpakket && mv /var/lib/kindpakket/keystore/admin.json /root/"
        f" && systemctl start kindpakket && {wait}"
    )
    _visit(machine, f"pay {URL}")
    tell("it runs without the admin's key")


def _rotate(machine: Machine, blocks: Blocks, tell: Tell) -> None:
    """Replace keys and passphrase; what the old ones opened and did goes on with the new ones."""
    machine.run(blocks["admin-back"].replace("/media/STICK/", "/root/"))
    for role in ("relayer", "issuer", "sealing"):
        told = machine.run(blocks["rotate-role"].replace("ROLE", role))
        tell(f"guide: rotate-role, for {role}\n{_indented(told)}")
        _visit(machine, f"pay {URL}")
    before = machine.read("/etc/kindpakket/passphrase")
    _follow(machine, blocks, tell, "rotate-passphrase")
    if machine.read("/etc/kindpakket/passphrase") == before:
        raise Failed("the passphrase is the one of before")
    machine.run("mv --force /var/lib/kindpakket/keystore/admin.json /root/ && kindpakket inspect")
    _visit(machine, f"pay {URL}")
    _visit(machine, f"check {URL}")
    tell("keys and passphrase replaced: every payment is there, paying goes on, nothing differs")


def _restore(machine: Machine, blocks: Blocks, tell: Tell) -> None:
    _follow(machine, blocks, tell, "backup")
    _visit(machine, f"pay {URL}")
    _follow(machine, blocks, tell, "postgresql-restore", "restore")
    _visit(machine, f"forget-last {URL}")
    _visit(machine, f"check {URL}")
    _visit(machine, f"pay {URL}")
    tell("restored: what was paid before the backup is there, and paying goes on")


def _upgrade(machine: Machine, blocks: Blocks, tell: Tell) -> None:
    _follow(machine, blocks, tell, "postgresql-before-upgrade", "upgrade")
    _visit(machine, f"pay {URL}")
    _visit(machine, f"check {URL}")
    tell("paid at the newer version")
    _follow(machine, blocks, tell, "postgresql-rollback", "rollback")
    _visit(machine, f"forget-last {URL}")
    _visit(machine, f"check {URL}")
    tell(
        "rolled back: what was paid before the upgrade is there, what was paid since is not, as the guide says"
    )


def _raise_the_alarm(machine: Machine, tell: Tell, *, on_postgresql: bool) -> None:
    machine.run("systemctl start kindpakket-inspect.service")
    machine.run(A_CENT_TOO_MUCH_ON_POSTGRESQL if on_postgresql else A_CENT_TOO_MUCH)
    machine.run("! systemctl start kindpakket-inspect.service")
    told = "grep --quiet --line-regexp kindpakket-inspect.service /root/alarms"
    machine.run(f"for n in $(seq 60); do {told} && exit 0; sleep 1; done; cat /root/alarms >&2; exit 1")
    machine.run(
        "systemctl stop kindpakket && kindpakket rebuild-ledger && systemctl start kindpakket"
        " && systemctl start kindpakket-inspect.service"
    )
    tell(
        "a cent too much in the ledger: the inspection fails, the alarm is told; the ledger is made again, all agrees"
    )


def _stand_behind_caddy(machine: Machine, tell: Tell) -> None:
    machine.run(
        "systemctl stop nginx && cp /opt/kindpakket/scripts/service/Caddyfile /etc/caddy/Caddyfile"
        " && sed -i 's|^kindpakket.example.nl {|&\\n\\ttls /etc/kindpakket/tls/fullchain.pem"
        " /etc/kindpakket/tls/privkey.pem|' /etc/caddy/Caddyfile"
        " && chmod 755 /etc/kindpakket/tls && chmod 644 /etc/kindpakket/tls/privkey.pem"
        " && caddy validate --config /etc/caddy/Caddyfile --adapter caddyfile && systemctl start caddy"
    )
    _visit(machine, f"pay {URL}")
    _visit(machine, f"check {URL}")
    machine.run("systemctl stop caddy && systemctl start nginx")
    tell("paid through Caddy, with the news of it")


def _say_nothing(machine: Machine, tell: Tell) -> None:
    """Read the whole log: each line is an object, and none holds what must not be in a log."""
    log = machine.run("journalctl --unit kindpakket --identifier kindpakket --output cat --no-pager")
    lines = [json.loads(line) for line in log.splitlines()]
    notes = json.loads(machine.read("/root/visitor.json"))
    secrets = [
        notes[name] for name in ("seed", "phone_token", "till_key", "till_token", "letter", "sign_in_code")
    ]
    secrets += [
        notes["letter"].replace("-", ""),
        machine.read("/etc/kindpakket/passphrase").strip(),
        "127.0.0.1",
    ]
    found = [secret[:6] for secret in secrets if secret in log]
    if found:
        raise Failed(f"the log holds {found}")
    tell(f"{len(lines)} lines of the log are JSON, without a code, a key, a token or an address")


def _follow(machine: Machine, blocks: Blocks, tell: Tell, *names: str) -> None:
    """Run blocks of the guide; those that are not for this machine are empty."""
    for name in names:
        if commands := blocks[name]:
            tell(f"guide: {name}\n{_indented(machine.run(commands))}")


def _visit(machine: Machine, arguments: str) -> None:
    machine.run(
        f"SSL_CERT_FILE=/etc/kindpakket/tls/fullchain.pem /opt/kindpakket/.venv/bin/python {VISITOR} {arguments}"
    )


def _indented(text: str) -> str:
    return "\n".join(f"          {line}" for line in text.strip().splitlines()[-8:])
