"""What ISO 19005-3 (PDF/A-3) asks of a file, level U, as far as it can be looked up in the file itself.

Written from the standard, clause by clause, over pikepdf: nothing of what draws or seals the papers is used. Colours and
fonts are looked at where they are named; glyph widths and the inside of font programs are not (the press checks them).
"""

import io
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
PDFA_ID = "{http://www.aiim.org/pdfa/ns/id/}"
ACTIONS = {"/GoTo", "/GoToR", "/GoToE", "/Thread", "/URI", "/Named", "/SubmitForm"}
ANNOTATIONS_NEVER = {"/3D", "/Sound", "/Screen", "/Movie"}
BLENDS = {
    *("/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten", "/ColorDodge"),
    *("/ColorBurn", "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation", "/Color"),
    "/Luminosity",
}
FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")
INFO_IN_XMP = {
    "/Title": "{http://purl.org/dc/elements/1.1/}title",
    "/Author": "{http://purl.org/dc/elements/1.1/}creator",
    "/Keywords": "{http://ns.adobe.com/pdf/1.3/}Keywords",
    "/Creator": "{http://ns.adobe.com/xap/1.0/}CreatorTool",
    "/CreationDate": "{http://ns.adobe.com/xap/1.0/}CreateDate",
    "/ModDate": "{http://ns.adobe.com/xap/1.0/}ModifyDate",
}


def faults(content: bytes) -> list[str]:
    """Every clause the file breaks, in words; [] for a file that keeps them."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return [*_file(content, pdf), *_catalog(pdf), *_metadata(pdf), *_profile(pdf), *_files(pdf), *_objects(pdf)]


def _file(content: bytes, pdf: pikepdf.Pdf) -> Iterator[str]:
    """6.1.2, 6.1.3."""
    head = re.match(rb"%PDF-1\.[0-7]\r?\n%([\x80-\xff]{4})", content)
    if head is None:
        yield "6.1.2 header"
    if not re.search(rb"%%EOF\r?\n?\Z", content):
        yield "6.1.3 something after the end"
    ids = pdf.trailer.get("/ID", [])
    if len(ids) != 2 or "/Encrypt" in pdf.trailer:
        yield "6.1.3 id of the file, no encryption"


def _catalog(pdf: pikepdf.Pdf) -> Iterator[str]:
    root = pdf.Root
    if not re.fullmatch(r"/1\.[0-7]", str(root.get("/Version", "/1.7"))):
        yield f"5.1 a file of PDF 1.7 says it is {root.Version}"
    for entry in root.get("/Extensions", Dictionary()).values():
        if not isinstance(entry, Dictionary) or str(entry.get("/BaseVersion")) != "/1.7":
            yield "5.1 an extension of another PDF"
    if "/AA" in root or "/OCProperties" in root or "/Requirements" in root:
        yield "6.5.2, 6.9, 6.10 actions, layers, requirements"
    names = root.get("/Names", Dictionary())
    if {"/JavaScript", "/AlternatePresentations"} & set(names.keys()):
        yield "6.5.1 scripts, 6.10 presentations"
    form = root.get("/AcroForm", Dictionary())
    if form.get("/NeedAppearances", False) or "/XFA" in form:
        yield "6.4.1, 6.4.2 forms"
    if set(root.get("/Perms", Dictionary()).keys()) - {"/UR3", "/DocMDP"}:
        yield "6.1.12 permissions"


def _metadata(pdf: pikepdf.Pdf) -> Iterator[str]:
    """6.6.2 and 6.6.4: the packet is there, is XML, says what the file is, and says the same as the old dictionary."""
    packet = pdf.Root.Metadata.read_bytes()
    if re.search(rb"<\?xpacket begin=[^>]*(bytes|encoding)=", packet):
        yield "6.6.2.1 packet header"
    text = packet.decode()
    described = ElementTree.fromstring(text[text.index("<x:xmpmeta") : text.rindex("</x:xmpmeta>") + 12])
    values = {one.tag: "".join(one.itertext()).strip() for part in described.iter(f"{RDF}Description") for one in part}
    if (values.get(f"{PDFA_ID}part"), values.get(f"{PDFA_ID}conformance")) != ("3", "U"):
        yield "6.6.4 part and level"
    for key, value in pdf.docinfo.items():
        plain = str(value)
        if key.endswith("Date"):
            plain = re.sub(r"D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z", r"\1-\2-\3T\4:\5:\6Z", plain)
        if values.get(INFO_IN_XMP.get(key, "")) != plain:
            yield f"6.6.3 {key} differs"


def _profile(pdf: pikepdf.Pdf) -> Iterator[str]:
    """6.2.3: one output intent, with an RGB profile in it that is one (ICC.1, version 4 at most)."""
    intents = [one for one in pdf.Root.get("/OutputIntents", Array()) if str(one.get("/S")) == "/GTS_PDFA1"]
    if len(intents) != 1:
        yield "6.2.3 output intent"
        return
    profile = intents[0].DestOutputProfile
    icc = profile.read_bytes()
    kind, space, mark = icc[12:16], icc[16:20], icc[36:40]
    if icc[8] > 4 or kind not in (b"mntr", b"prtr") or space != b"RGB " or mark != b"acsp" or profile.N != 3:
        yield "6.2.3 profile"


def _files(pdf: pikepdf.Pdf) -> Iterator[str]:
    """6.8: what is embedded says what it is, how it belongs to the document, and is named by the document."""
    associated = [one.objgen for one in pdf.Root.get("/AF", Array())]
    for spec in pdf.objects:
        if not isinstance(spec, Dictionary) or str(spec.get("/Type")) not in ("/Filespec", "/F"):
            continue
        if not {"/F", "/UF", "/EF", "/AFRelationship"} <= set(spec.keys()) or spec.objgen not in associated:
            yield "6.8 associated file"
            continue
        inside = spec.EF.F
        mime = str(inside.get("/Subtype", "")).removeprefix("/")
        if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", mime) or "/ModDate" not in inside.get("/Params", Dictionary()):
            yield "6.8 kind and date of an embedded file"


def _objects(pdf: pikepdf.Pdf) -> Iterator[str]:
    for one in pdf.objects:
        if isinstance(one, Stream):
            yield from _stream(one)
        for part in _within(one):
            yield from _font(part) if part.get("/Type") == Name.Font else _dictionary(part)
    for page in pdf.pages:
        yield from _colours(page.obj)
        if {"/AA", "/PresSteps"} & set(page.obj.keys()):
            yield "6.5.2, 6.10 page"


def _within(one: Object) -> Iterator[Object]:
    """An object with all dictionaries that are written inside it."""
    if isinstance(one, Dictionary | Stream):
        yield one
    parts = one.values() if isinstance(one, Dictionary | Stream) else one if isinstance(one, Array) else ()
    for part in parts:
        if isinstance(part, Dictionary | Array) and not part.is_indirect:
            yield from _within(part)


def _stream(one: Stream) -> Iterator[str]:
    if {"/F", "/FFilter", "/FDecodeParms"} & set(one.keys()):
        yield "6.1.7.1 stream outside the file"
    if {"/LZWDecode", "/Crypt"} & {str(name) for name in _listed(one.get("/Filter"))}:
        yield "6.1.7.2 filter"
    if one.get("/Subtype") == Name.Image:
        if {"/Alternates", "/OPI"} & set(one.keys()) or one.get("/Interpolate", False):
            yield "6.2.8 image"
        if one.get("/ColorSpace") == Name.DeviceCMYK:
            yield "6.2.4.3 CMYK without a profile of it"
    if one.get("/Subtype") == Name.Form and {"/OPI", "/Ref", "/PS"} & set(one.keys()):
        yield "6.2.9 form"


def _dictionary(one: Object) -> Iterator[str]:
    if {"/TR", "/HTP"} & set(one.keys()) and str(one.get("/Type")) == "/ExtGState":
        yield "6.2.5 graphics state"
    if any(str(mode) not in BLENDS for mode in _listed(one.get("/BM"))):
        yield "6.2.10 blend mode"
    acts = str(one.get("/Type")) == "/Action" or ("/S" in one and "/JS" in one)
    if acts and str(one.get("/S")) not in ACTIONS:
        yield "6.5.1 action"
    if "/Subtype" in one and "/Rect" in one:
        yield from _annotation(one)


def _annotation(one: Object) -> Iterator[str]:
    """6.3: shown and printed, drawn by the file itself unless it has no area; no hidden buttons."""
    flags, kind = int(one.get("/F", 0)), str(one.Subtype)
    if kind in ANNOTATIONS_NEVER or (kind != "/Popup" and flags & 0b100111 != 0b100):
        yield "6.3.1, 6.3.2 annotation"
    left, low, right, high = (float(side) for side in one.Rect)
    if (left, low) != (right, high) and kind not in ("/Popup", "/Link") and "/AP" not in one:
        yield "6.3.3 annotation without its looks"
    if kind == "/Widget" and {"/A", "/AA"} & set(one.keys()):
        yield "6.4.1 widget"


def _font(font: Object) -> Iterator[str]:
    """6.2.11: embedded, and every glyph stands for a sign (level U)."""
    kind = str(font.Subtype)
    if kind in ("/Type0", "/TrueType", "/Type1") and "/ToUnicode" not in font:
        yield f"6.2.11.7 {font.get('/BaseFont')}: which signs?"
    if kind == "/Type0":
        return
    descriptor = font.get("/FontDescriptor", Dictionary())
    if kind != "/Type3" and not set(FONT_FILES) & set(descriptor.keys()):
        yield f"6.2.11.4 {font.get('/BaseFont')} is not embedded"
    if kind == "/CIDFontType2" and "/CIDToGIDMap" not in font:
        yield "6.2.11.3.2 glyphs of a TrueType font"


def _colours(page: Object) -> Iterator[str]:
    """6.2.4.3: the profile is RGB, so nothing is set in CMYK."""
    for command in pikepdf.parse_content_stream(page):
        if str(command.operator) in ("k", "K"):
            yield "6.2.4.3 CMYK without a profile of it"
            return


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, Array) else [value]
