"""Reads the doc comments of the public headers, for scripts/make-reference."""
import re

SECTION = re.compile(r"(\*(?:Errors|Retries|Cancellation|Lifetime)\*(?: of all)?:|\\throws|\\returns|Source:)")


def plain(lines):
    """The text of `///` lines: paragraphs, each one line."""
    paragraphs = [[]]
    for line in lines:
        text = re.sub(r"^///<? ?", "", line.strip())
        if text.startswith("    "):  # code; the pages quote examples that are compiled
            continue
        if text.strip():
            paragraphs[-1].append(text.strip())
        elif paragraphs[-1]:
            paragraphs.append([])
    return [" ".join(p) for p in paragraphs if p]


def sections(paragraphs):
    """Doc comment -> {"": what it does, "Errors": ..., ...}"""
    out = {}
    parts = SECTION.split(" ".join(paragraphs))
    out[""] = parts[0].strip()
    for label, text in zip(parts[1::2], parts[2::2]):
        name = label.strip("*:\\ ").replace("*", "")
        name = {"throws": "Errors", "returns": "Result"}.get(name, name)
        out[name] = (out.get(name, "") + " " + text.strip()).strip()
    return out


class Headers:
    """Doc comments of include/hfasync: of types, of their fields, of classes and of their methods."""

    def __init__(self, root):
        self.types, self.fields, self.classes, self.methods, self.overloads = {}, {}, {}, {}, []
        for path in sorted((root / "include/hfasync").rglob("*.hpp")):
            self.read(path, path.relative_to(root).as_posix())

    def read(self, path, name):
        comment, kind, inside, statement, started, bases = [], None, None, [], [], False
        group = []  # a `//` line says something of the fields below it, up to an empty line
        for line in path.read_text().splitlines():
            text = line.strip()
            opened = re.match(r"(struct|class) (\w+)(?: final)?(?: :.*[,{]| ?\{)$", text) if kind is None else None
            if opened:
                kind, inside = opened.groups()
                known = self.classes if kind == "class" else self.types
                known[inside] = plain(comment)
                comment, statement, group = [], [], []
                bases = text.endswith(",")
            elif kind and bases:  # a list of bases over several lines
                bases = not text.endswith("{")
            elif line == "};":
                kind = inside = None
                comment, statement = [], []
            elif text.startswith("///") and not text.startswith("///<"):
                comment.append(text)
            elif kind is None:
                if text and not text.startswith("//"):
                    comment = []
            elif text.startswith("///<") and not statement:
                if started:
                    self.fields[started[-1]].append(text)
            elif not text or (text.startswith("//") and not statement):
                comment = []
                group = [text.replace("//", "///", 1)] if text and kind == "struct" else []
            elif not statement and text.endswith(":"):
                comment = []
            else:
                statement.append(line)
                code, _, remark = text.partition("///<")
                if code.rstrip().endswith((";", "}")):
                    self.end(inside, statement, comment, group, name, started)
                    comment, statement = [], []

    def end(self, inside, statement, comment, group, header, started):
        code = " ".join(re.sub(r"\s+", " ", line.partition("///<")[0]).strip() for line in statement)
        remarks = [line[line.index("///<"):] for line in statement if "///<" in line]
        if re.search(r"\) const \{", code):  # the body stands in the header
            code = code[:code.index(") const {")] + ") const;"
            statement = statement[:next((i for i, s in enumerate(statement) if s.strip() == "{"), None)]
        method = re.search(r"(\w+)\([^()]*(?:\([^()]*\)[^()]*)*\) const;$", code)
        if method:
            self.methods.setdefault((inside, method[1]), (header, "\n".join(statement), plain(comment)))
            self.overloads.append((method[1], header, "\n".join(statement), plain(comment)))
        field = re.search(r"(\w+)(?: ?\{[^{}]*\}| = [^;]+)?;$", code)
        if field and "(" not in code.split("=")[0].split("{")[0]:
            key = (inside, field[1])
            self.fields[key] = comment + remarks or group
            started.append(key)

    def field(self, type_name, member):
        return " ".join(plain(self.fields.get((type_name, member), [])))
