"""The table: judged lines as Markdown and JSON, and under what circumstances they came about."""
import json, os, pathlib, platform, subprocess, time


def line_of(row, peer, fixture):
    server = {"plain": "nginx", "tls": "nginx, TLS", "limited": "nginx, limit_rate", "counted": "nginx", "hub": "embedded Hub",
              "hub-sink": "embedded Hub, LFS to nginx, TLS"}[row.server]
    return {"row": row.name, "title": row.title.format(size=fixture.label), "server": server, "against": peer,
            "goal": row.goal_text(peer), "rss_goal": row.rss}


def judge(line, row, peer):
    """Adds what is missed: names of the goals, by the median of the ratios."""
    missed = row.against[peer].missed(line["ratio"]) if line["ratio"] else []
    if line["ours"]["rss"] > row.rss:
        missed.append("RSS")
    if row.requests is not None and len(line["requests"]) > row.requests:
        missed.append(f"{len(line['requests'])} requests")
    line["missed"] = missed


def spread(values):
    return f"{values['median']:.2f} ({values['least']:.2f} .. {values['most']:.2f})" if values else "-"


def brief(line):
    if "failed" in line:
        return "FAILED " + line["failed"][:300]
    return f"ratio {spread(line['ratio'] and line['ratio'][main_field(line)])}, {verdict(line)}"


def main_field(line):
    return "rate" if "rate" in line["ours"] else "wall"


def verdict(line):
    if line["missed"]:
        return "missed: " + ", ".join(line["missed"])
    return "met" if line["goal"] != "-" else "reported"


def amount(side, name):
    if side is None:
        return "-"
    value = side[name]
    return f"{value:,.0f}/s" if name == "rate" else f"{value:.2f}" if value < 100 else f"{value:.0f}"


HEAD = ("| row | server | against | ours, s | theirs, s | ratio (least .. most) | goal | | CPU s, ours | theirs | ratio "
        "| RSS MiB, ours | theirs | bytes |\n|" + "---|" * 14)


def table_row(line):
    start = [line["title"], line["server"], line["against"]]
    if "failed" in line:
        return "| " + " | ".join([*start, "FAILED", "", "", line["goal"], line["failed"].replace("|", "/")[:200], *[""] * 6]) + " |"
    ours, theirs, ratio, field = line["ours"], line["theirs"], line["ratio"], main_field(line)
    cells = [amount(ours, field), amount(theirs, field), spread(ratio and ratio[field]), line["goal"], verdict(line),
             amount(ours, "cpu"), amount(theirs, "cpu"), spread(ratio and ratio["cpu"]), amount(ours, "rss"), amount(theirs, "rss"),
             "answers" if field == "rate" else "checked"]
    return "| " + " | ".join(start + cells) + " |"


def markdown(about, lines):
    parts = [f"{about['program']}; {about['rounds']} pairs after a warm-up; {about['machine']}; {about['disk']}; {about['date']}"
             + (f"; **a trial at scale {about['scale']:g}**" if about["scale"] != 1 else "")
             + (f"; **ours wrapped in `{about['wrap']}`**" if about["wrap"] else ""), "",
             "\n".join([HEAD, *map(table_row, lines)]), ""]
    whole = [line for line in lines if "failed" not in line and line["rss_goal"] < 100]
    if whole:
        most = max(whole, key=lambda line: line["ours"]["rss"])
        goal = most["rss_goal"]
        parts.append(f"Peak RSS of hfasync, all rows: {most['ours']['rss']:.1f} MiB ({most['row']}/{most['against']}), goal <= {goal} MiB: "
                     + ("met" if most["ours"]["rss"] <= goal else "missed"))
    counted = {line["row"]: line["requests"] for line in lines if "requests" in line}
    parts += [f"Requests of {row}: {len(requests)} ({'; '.join(requests[:3])})" for row, requests in counted.items()]
    parts += [f"Not here: {name}: {reason}" for name, reason in about["missing"].items()]
    parts.append("Versions: " + "; ".join(f"{name}: {version}" for name, version in about["versions"].items()))
    return "\n".join(parts)


def file_system(path):
    """The type of the file system that holds the folder or, when it is yet to be made, its parents."""
    path = path.resolve()
    while not path.exists():
        path = path.parent
    mounts = [line.split()[1:3] for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    holding = [(len(place), kind) for place, kind in mounts if path.is_relative_to(place)]
    return max(holding, default=(0, "unknown"))[1]


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def about(args, versions, missing, disk):
    program = subprocess.run([args.build / "bin/hfasync", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    revision = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=args.build, capture_output=True, text=True).stdout.strip()
    return {"program": f"hfasync {program} ({revision or 'no git'}), not durable (nor do the peers fsync), every byte hashed",
            "rounds": args.rounds, "scale": args.scale, "limit": args.limit, "wrap": args.wrap,
            "machine": f"{os.cpu_count()} cores, {processor()}, Linux {platform.release()}", "disk": f"caches on {disk}",
            "date": time.strftime("%Y-%m-%d %H:%M"), "load": os.getloadavg(), "versions": versions, "missing": missing}


def write_json(path, about, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"about": about, "rows": lines}, indent=1) + "\n")
