// SPDX-License-Identifier: EUPL-1.2
/** @file Sounds: a short sound for each colour, so that the cashier need not look. */

/** @typedef {import('./verdict.js').Colour} Colour */

/** Frequency in hertz, start and length in seconds. */
/** @type {Record<Colour, Array<[number, number, number]>>} */
const NOTES = {
  green: [[660, 0, 0.09], [990, 0.1, 0.16]],
  orange: [[520, 0, 0.1], [520, 0.16, 0.1]],
  red: [[220, 0, 0.16], [165, 0.18, 0.3]],
};

/** @type {AudioContext | null} */
let audio = null;

/** Lets the page make sounds, once someone has touched it: browsers allow it only then. */
export function allowSounds() {
  const start = () => {
    audio ??= new AudioContext();
    if (audio.state === 'suspended') void audio.resume();
  };
  addEventListener('pointerdown', start, { passive: true });
  addEventListener('keydown', start);
}

/**
 * Plays the sound of a colour; silent before the first touch.
 * @param {Colour} colour
 */
export function playSound(colour) {
  if (audio?.state !== 'running') return;
  for (const [frequency, start, length] of NOTES[colour]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const at = audio.currentTime + start;
    tone.type = colour === 'red' ? 'square' : 'sine';
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.2, at + 0.01);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + length);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + length);
  }
}
