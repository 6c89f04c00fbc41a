"""Makes the voices of the call board: one file a language, its pieces one after the other, and where each begins.

Run once when the words change, in an environment of its own (the voices are shipped, these packages are not):
`pip install numpy soundfile espeakng-loader pyopenjtalk-plus`, then, from the top folder,
`python -m portal.window.make_voices portal/web/static/voices`. Other pieces than those of the board come from a file:
`python -m kiosk.voice_words > pieces.json`, `python -m portal.window.make_voices kiosk/static/voices pieces.json`.
Japanese is spoken by Open JTalk with the voice "Mei" (MMDAgent Project Team, Nagoya Institute of Technology,
CC BY 3.0), the other languages by eSpeak NG, whose output carries no licence of its own.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

RATE = 22_050
GAP = 0.2  # seconds of silence around a piece, so that nothing of the next one is heard
LETTERS = "ABCDEFHJKLM"
LETTERS_JA = ("エー", "ビー", "シー", "ディー", "イー", "エフ", "エイチ", "ジェー", "ケー", "エル", "エム")
DIGITS = {
    "ja": ("ゼロ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "zh": ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九"),
    "ko": ("공", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "pt": ("zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove"),
}
AROUND = {
    "ja": ("番号札、", "番の方、", "番窓口へお越しください。"),
    "en": ("Number,", "please come to window,", ""),
    "zh": ("请", "号，到", "号窗口。"),
    "ko": ("번호", "번 고객님,", "번 창구로 오십시오."),
    "es": ("Número,", "por favor, pase a la ventanilla", ""),
    "pt": ("Senha,", "por favor, dirija-se ao guichê", ""),
}
"""What is said before the number, between number and window, and after the window."""
ESPEAK = {"en": "en-us", "zh": "cmn", "ko": "ko", "es": "es", "pt": "pt-br"}

FEW = 50

Speak = Callable[[str], Any]


def pieces(language: str) -> dict[str, str]:
    """Everything that is said in a language, by the name js/voices.js asks for it with."""
    letters = LETTERS_JA if language == "ja" else LETTERS
    before, between, after = AROUND[language]
    said = dict(zip(LETTERS, letters, strict=True)) | {str(n): word for n, word in enumerate(DIGITS[language])}
    said |= {"before": before, "between": between, "after": after}
    return {name: words for name, words in said.items() if words}


def japanese() -> Speak:
    """Samples of a sentence at RATE, by Open JTalk."""
    import numpy
    import pyopenjtalk

    def speak(words: str) -> Any:
        wave, rate = pyopenjtalk.tts(words, speed=0.95)
        count = int(len(wave) * RATE / rate)
        return numpy.interp(numpy.linspace(0, len(wave) - 1, count), numpy.arange(len(wave)), wave) / 32_768

    return speak


@cache
def _espeak() -> tuple[Any, list[Any]]:
    """The library, begun once a process, and what it has said since it was last asked."""
    import espeakng_loader
    import numpy

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_Initialize(2, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    heard: list[Any] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def take(samples: Any, count: int, _events: Any) -> int:
        if samples and count:
            heard.append(numpy.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    library.espeak_SetSynthCallback(take)
    library.listener = take  # type: ignore[attr-defined]  # kept, or Python would throw it away
    return library, heard


def espeak(voice: str) -> Speak:
    """The same by eSpeak NG, whose own rate is RATE."""
    import numpy

    library, heard = _espeak()
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise SystemExit(f"eSpeak NG has no voice {voice}")
    library.espeak_SetParameter(1, 135, 0)  # words a minute

    def speak(words: str) -> Any:
        heard.clear()
        text = words.encode()
        library.espeak_Synth(text, ctypes.c_size_t(len(text) + 1), 0, 1, 0, 1, None, None)
        return numpy.concatenate(heard) / 32_768

    return speak


def record(language: str, folder: Path, said: dict[str, str]) -> dict[str, list[float]]:
    """Write one language; where each piece begins and how long it is, in seconds."""
    import numpy

    speak = japanese() if language == "ja" else espeak(ESPEAK[language])
    tape, at = [], 0.0
    places = {}
    for name, words in said.items():
        wave = numpy.asarray(speak(words), dtype="float64")
        loud = numpy.flatnonzero(numpy.abs(wave) > 0.004)
        wave = wave[max(loud[0] - 200, 0) : loud[-1] + 800]
        wave = wave / max(numpy.max(numpy.abs(wave)), 0.01) * 0.8
        silence = numpy.zeros(int(GAP * RATE))
        places[name] = [round(at + GAP - 0.02, 3), round(len(wave) / RATE + 0.04, 3)]
        tape += [silence, wave]
        at += GAP + len(wave) / RATE
    whole = numpy.concatenate([*tape, numpy.zeros(int(GAP * RATE))])
    _write(folder / f"{language}.ogg", whole, small=len(said) > FEW)
    return places


def _write(path: Path, whole: Any, *, small: bool) -> None:
    """A few pieces as Vorbis; minutes of them as Opus at 16 kHz and about 10 kbit/s, enough for one voice in an earphone."""
    import numpy
    import soundfile

    rate, kind = RATE, {"format": "OGG", "subtype": "VORBIS", "compression_level": 0.8}
    if small:
        rate, kind = 16_000, {"format": "OGG", "subtype": "OPUS", "compression_level": 0.985}
        count = int(len(whole) * rate / RATE)
        whole = numpy.interp(numpy.linspace(0, len(whole) - 1, count), numpy.arange(len(whole)), whole)
    with soundfile.SoundFile(path, "w", rate, 1, **kind) as file:
        for start in range(0, len(whole), rate):  # minutes at once end libsndfile's encoder
            file.write(whole[start : start + rate])


def main(folder: Path, file: Path | None = None) -> None:
    """All six languages into *folder*, with `pieces.json`; *file* holds {language: {name: words}}."""
    folder.mkdir(parents=True, exist_ok=True)
    said = json.loads(file.read_text(encoding="utf-8")) if file else {language: pieces(language) for language in DIGITS}
    places = {language: record(language, folder, said[language]) for language in DIGITS}
    index = json.dumps(places, indent=1, ensure_ascii=False)
    (folder / "pieces.json").write_text(index + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(Path(file) for file in sys.argv[2:]))
