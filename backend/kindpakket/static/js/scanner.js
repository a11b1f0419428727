// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Scanner: reads QR codes from the camera. Decoding happens in a worker, one frame at a time.
 *
 * The pictures never leave the page; only the text of a code is handed on.
 */

/** The longest side of a frame as it is decoded, in pixels: enough for a code that fills a third of the picture. */
const LONGEST_SIDE = 1024;

const WORKER = new URL('./scanner_worker.js', import.meta.url);

/**
 * Why there is no picture: `refused` (the person or the browser does not allow the camera), `missing` (no camera),
 * `busy` (another program has it), `unsupported` (this browser or address cannot use one), `broken` (the decoder failed).
 * @typedef {'refused' | 'missing' | 'busy' | 'unsupported' | 'broken'} CameraFault
 */

/** The camera or the decoder does not work; `fault` says why. */
export class ScannerError extends Error {
  /**
   * @param {CameraFault} fault
   * @param {unknown} [cause]
   */
  constructor(fault, cause) {
    super(`camera ${fault}`, { cause });
    this.fault = fault;
  }
}

/**
 * A running scanner. `torchAvailable` becomes true when the camera is open and has a light.
 * @typedef {{stop(): void, readonly torchAvailable: boolean, setTorch(on: boolean): Promise<void>}} Scanner
 */

/**
 * Starts the camera and hands on the text of every code it sees, also when it is the same one again.
 * @param {object} options
 * @param {HTMLVideoElement} options.video Shows the picture.
 * @param {(text: string) => void} options.onText
 * @param {(error: ScannerError) => void} options.onError Called once; the scanner has stopped then.
 * @param {() => void} [options.onReady] The picture is there and `torchAvailable` is known.
 * @param {string | URL} [options.worker] A module that imports `scanner_worker.js`. An app that must scan without network
 *   has one inside the scope of its service worker: a worker's first file comes through that or not at all.
 * @returns {Scanner}
 */
export function startScanner({ video, onText, onError, onReady, worker = WORKER }) {
  /** @type {MediaStream | null} */
  let stream = null;
  let stopped = false;
  const decoder = new Worker(worker, { type: 'module' });
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });

  function stop() {
    stopped = true;
    decoder.terminate();
    stream?.getTracks().forEach((track) => track.stop());
    if (video.srcObject === stream) video.srcObject = null;
  }

  /** @param {ScannerError} error */
  function fail(error) {
    if (stopped) return;
    stop();
    onError(error);
  }

  function nextFrame() {
    if (stopped) return;
    if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(sendFrame);
    else requestAnimationFrame(sendFrame);
  }

  function sendFrame() {
    if (stopped) return;
    const { videoWidth, videoHeight } = video;
    if (!context || !videoWidth || !videoHeight) {
      nextFrame();
      return;
    }
    const scale = Math.min(1, LONGEST_SIDE / Math.max(videoWidth, videoHeight));
    canvas.width = Math.round(videoWidth * scale);
    canvas.height = Math.round(videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const frame = context.getImageData(0, 0, canvas.width, canvas.height);
    decoder.postMessage(frame, [frame.data.buffer]);
  }

  decoder.onerror = (event) => fail(new ScannerError('broken', event.message));
  decoder.onmessage = (/** @type {MessageEvent<{texts?: string[], fault?: string}>} */ { data }) => {
    if (stopped) return;
    if (data.fault !== undefined) {
      fail(new ScannerError('broken', data.fault));
      return;
    }
    for (const text of data.texts ?? []) if (!stopped) onText(text);
    nextFrame();
  };

  openCamera().then(async (opened) => {
    stream = opened;
    if (stopped) {
      stop();
      return;
    }
    stream.getVideoTracks()[0].addEventListener('ended', () => fail(new ScannerError('missing')));
    video.muted = true;
    video.playsInline = true;
    video.srcObject = stream;
    await video.play();
    if (stopped) return;
    onReady?.();
    nextFrame();
  }).catch((error) => fail(error instanceof ScannerError ? error : new ScannerError('broken', error)));

  return {
    stop,
    get torchAvailable() {
      return hasTorch(stream);
    },
    async setTorch(on) {
      const light = /** @type {MediaTrackConstraintSet} */ ({ torch: on });
      await stream?.getVideoTracks()[0].applyConstraints({ advanced: [light] });
    },
  };
}

/** @param {MediaStream | null} stream */
function hasTorch(stream) {
  const track = stream?.getVideoTracks()[0];
  // Only browsers that can control the light know the word; Firefox and older Safari have no getCapabilities.
  return Boolean(track?.getCapabilities && 'torch' in track.getCapabilities());
}

/** @returns {Promise<MediaStream>} */
async function openCamera() {
  if (!navigator.mediaDevices?.getUserMedia) throw new ScannerError('unsupported');
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: 'environment' }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
  } catch (error) {
    throw new ScannerError(faultOf(error), error);
  }
}

/**
 * @param {unknown} error
 * @returns {CameraFault}
 */
function faultOf(error) {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return 'missing';
}
