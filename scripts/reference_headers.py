"""Reference pages of what no method of HfApi describes: the public headers outside of api/ and types/, as they are written."""
import re

from doc_comments import plain, sections

# page -> (title, what stands above it, headers); the rest of include/hfasync is in the pages of the areas.
PAGES = {
    "library": ("The library", "What every program uses: the Hub and its options, errors, generators, progress, small value types.",
                ["hub", "token", "token_store", "error", "result", "cancel", "progress", "generator", "json_value", "json", "strings", "path_filter",
                 "upload_source", "repo_id", "revision", "hf_hub_url", "time", "clock", "task_graph", "describe", "version"]),
    "transfer": ("Cache, remote files, scheduled commits", "What works on the cache and on files, and is no method of HfApi.",
                 ["transfer/*"]),
    "embedded_hub": ("The embedded Hub", "The classes behind [the embedded Hub](../emulator.md). Link `hfasync::emulator`.",
                     ["emulator/*"]),
}
TYPE = re.compile(r"^(?:template <.*> ?)?(struct|class|enum class) (?:\[\[nodiscard\]\] )?(\w+)")
FUNCTION = re.compile(r"(\w+|operator\S+)\(")


def entities(text):
    """(comment lines, statement lines) of each declaration in namespace hfasync, without what is in detail."""
    comment, statement, hidden, found = [], [], 0, []
    for line in text.splitlines():
        if hidden or re.match(r"namespace \w*(::)?(detail|impl)\b", line):
            hidden += line.count("{") - line.count("}")  # its depth
            comment = []
            continue
        if statement:
            statement.append(line)
            whole = "\n".join(statement)
            if line.endswith((";", "}")) and whole.count("{") == whole.count("}"):
                found.append((comment, statement))
                comment, statement = [], []
        elif line.startswith("//"):
            comment.append(line)
        elif not line.strip():
            comment = []
        elif line.startswith(("#", "namespace", "}", "\\", " ")) or re.match(r"[A-Z_]+\(", line):
            comment = []  # a macro describes what stands above it
        else:
            if line.endswith(";") or (line.count("{") == line.count("}") > 0):
                found.append((comment, [line]))
                comment = []
            else:
                statement = [line]
    return found


def name_of(statement):
    """None for a forward declaration, a specialisation and a friend of a macro."""
    text = " ".join(statement)
    if text.startswith("template <> "):
        return None
    kind = TYPE.match(re.sub(r"^template <[^{]*?> (?=struct|class)", "", text))
    if kind:
        return None if re.fullmatch(r"(template <.*> )?(struct|class) [\w\[\] ]+;", text) else kind[2]
    if re.match(r"(HFASYNC_|BOOST_|extern |static_assert|friend )", text):
        return None
    if alias := re.match(r"(?:template <.*?> )?(?:using|concept) (\w+) =", text):
        return alias[1]
    if value := re.match(r"inline constexpr \S+ (\w+)", text):
        return value[1]
    function = FUNCTION.search(re.sub(r"requires \(.*?\)", "", text))
    return function[1] if function else None


def shown(statement):
    """The public declaration, word for word: a class up to its private part, a function without its body."""
    first = " ".join(statement[:3])
    if re.match(r"(template <.*> ?)?\s*(struct|class|enum class) ", first) or "struct " in first or "class " in first:
        end = next((i for i, line in enumerate(statement) if line.strip() in ("private:", "protected:")), len(statement))
        return "\n".join(statement[:end]).rstrip()
    end = next((i for i, line in enumerate(statement) if line == "{"), len(statement))
    return "\n".join(statement[:end]).rstrip()


def error_table(text):
    """The errors that differ from their parents by name only stand in one line each."""
    rows = re.findall(r"^HFASYNC_ERROR_(?:TYPE|DETAIL)\((\w+), (\w+)\)(?: // (.*))?$", text, re.M)
    if rows:
        yield "### Errors by name\n"
        yield "| type | derives from | |\n|---|---|---|"
        yield from (f"| `{name}` | `{parent}` | {said} |" for name, parent, said in rows)
        yield ""


def header_lines(name, text, problems):
    head = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        head.append(line.removeprefix("//").strip())
    lines = [f"## {name.removeprefix('include/hfasync/')}\n", " ".join(head) + "\n"]
    for comment, statement in entities(text):
        title = name_of(statement)
        if title is None:
            continue
        doc = sections(plain([line for line in comment if line.startswith("///")]))
        if not doc[""] and not any(line.startswith("//") for line in comment) and len(statement) > 1:
            problems.append(f"{name}: {title} has no doc comment")
        code = shown(statement)
        heading = f"### {title}\n"
        if heading not in lines:
            lines.append(heading)
        if doc[""]:
            lines.append(doc[""] + "\n")
        lines.append(f"<!-- {name} -->\n```cpp\n{code}\n```\n")
        lines += [f"- *{label}*: {said}" for label, said in doc.items() if label not in ("", "Source")]
        if any(label not in ("", "Source") for label in doc):
            lines.append("")
    return [*lines, *error_table(text)]


def paths_of(root, wanted):
    for pattern in wanted:
        yield from sorted((root / "include/hfasync").glob(pattern + ".hpp"))


def bodies(root):
    """Page -> (title and introduction, text), and what is wrong with the headers."""
    problems, out, covered = [], {}, set()
    for page, (title, introduction, wanted) in PAGES.items():
        lines = []
        for path in paths_of(root, wanted):
            covered.add(path)
            lines += header_lines(path.relative_to(root).as_posix(), path.read_text(), problems)
        out[page] = (f"# {title}\n\n{introduction}\n\n", re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip("\n") + "\n")
    rest = {path for path in (root / "include/hfasync").rglob("*.hpp")
            if path.parent.name not in ("api", "types", "impl") and path.stem not in ("hfasync", "hf_api", "future")}
    problems += [f"{path.relative_to(root)} is on no page" for path in sorted(rest - covered)]
    return out, problems
