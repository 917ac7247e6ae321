"""Writes demarc.1 from the argument parser's own description of the commands (--experimental-dump-help)."""

import json
import pathlib
import re
import subprocess
import sys

binary = sys.argv[1]
tree = json.loads(subprocess.run([binary, "--experimental-dump-help"], check=True, capture_output=True).stdout)
codes = subprocess.run([binary, "help", "errors"], check=True, capture_output=True, text=True).stdout
lines = ['.TH DEMARC 1 "" "Demarc" "User commands"']


def plain(text):
    """Text that troff passes through as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...").replace("“", '"').replace("”", '"')
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def prose(text):
    """Paragraphs; what is indented is shown as it stands."""
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        head, *rest = block.split("\n")
        if head.startswith("EXAMPLE"):
            lines.extend([".PP", head.capitalize() + ":", ".nf", ".RS"])
            lines.extend(plain(line.strip()) for line in rest)
            lines.extend([".RE", ".fi"])
        else:
            lines.extend([".PP", plain(block)])


def name(argument):
    names = [("-" if n["kind"] == "short" else "--") + n["name"] for n in argument.get("names", [])]
    value = argument.get("valueName", "")
    if argument["kind"] == "positional":
        return f"\\fI{plain(value)}\\fR"
    shown = ", ".join(f"\\fB{plain(n)}\\fR" for n in names)
    return shown if argument["kind"] == "flag" else f"{shown} \\fI{plain(value)}\\fR"


COMMON = {"at", "json", "quiet", "help", "version"}


def arguments(command):
    for argument in command.get("arguments", []):
        if any(n["name"] in COMMON for n in argument.get("names", [])) or not argument.get("shouldDisplay", True):
            continue
        lines.extend([".TP", name(argument), plain(argument.get("abstract", ""))])


def walk(command, path):
    subcommands = [s for s in command.get("subcommands", []) if s["commandName"] != "help"]
    if not subcommands:
        operands = " ".join(
            f"\\fI{plain(a['valueName'])}\\fR" + ("..." if a.get("isRepeating") else "")
            for a in command.get("arguments", [])
            if a["kind"] == "positional"
        )
        lines.append(f".SS {plain(' '.join(path))} {operands}".rstrip())
        lines.append(plain(command.get("abstract", "")))
        if command.get("discussion"):
            prose(command["discussion"])
        arguments(command)
    for sub in subcommands:
        walk(sub, path + [sub["commandName"]])


root = tree["command"]
lines += [".SH NAME", "demarc \\- " + plain(root["abstract"].rstrip(".").lower())]
lines += [".SH SYNOPSIS", ".B demarc", ".I command", "[options] [operands]"]
lines += [".SH DESCRIPTION"]
prose(root["discussion"])
lines += [".SH OPTIONS OF EVERY COMMAND"]
sample = next(s for s in root["subcommands"] if s["commandName"] == "status")
for argument in sample["arguments"]:
    lines += [".TP", name(argument), plain(argument.get("abstract", ""))]
lines += [".SH COMMANDS"]
for command in root["subcommands"]:
    if command["commandName"] != "help":
        walk(command, [command["commandName"]])
lines += [".SH EXIT STATUS AND ERROR CODES", ".nf", plain(codes.rstrip("\n")), ".fi"]
lines += [".SH ENVIRONMENT", ".TP", ".B DEMARC_AT", "The socket of the daemon to talk to, unless \\-\\-at says otherwise."]
lines += [".SH SEE ALSO", ".BR demarcd (8),", ".BR demarc\\-sandbox (8)"]
page = pathlib.Path(__file__).with_name("demarc.1")
page.write_text("\n".join(line for line in lines if line != "") + "\n")
