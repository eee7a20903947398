"""What the demonstration shows and waits for, from plazoctl's JSON and the inbox's files.

  show.py field NAME            of the JSON object on standard input
  show.py routing               how a ticket (JSON on standard input) was read, and who got it
  show.py timeline              shortens what `plazoctl conversation --internal` says
  show.py narrow                cuts lines to the width of a terminal
  show.py await-mail MAILS --to ADDRESS --text WORDS [--seconds N]    prints the mail's number, or fails
  show.py mail MAILS NUMBER     the head and the first lines of a mail
  show.py inbox MAILS           all mails, one a line
"""

import argparse
import email
import email.policy
import json
import pathlib
import re
import sys
import time

HEAD = ("From", "To", "Subject", "In-Reply-To")
SHOWN_LINES = 7
WIDTH = 116


def read_mail(folder, number):
    raw = (folder / f"{number}.eml").read_bytes()
    return email.message_from_bytes(raw, policy=email.policy.default)


def numbers(folder):
    # The .json comes last: whoever sees it sees a whole mail.
    return sorted(int(path.stem) for path in folder.glob("[0-9]*.json"))


def recipients(folder, number):
    return json.loads((folder / f"{number}.json").read_text())["to"]


def await_mail(folder, to, text, seconds):
    end = time.monotonic() + seconds
    seen = {}
    while True:
        for number in numbers(folder):
            if number not in seen:
                mail = read_mail(folder, number)
                seen[number] = f"{mail['Subject']} " + " ".join(mail.get_content().split())
            if to in recipients(folder, number) and text in seen[number]:
                print(number)
                return
        if time.monotonic() >= end:
            sys.exit(f"no mail to {to} that says \"{text}\" within {seconds} s; {len(seen)} mails are there")
        time.sleep(0.1)


def show_mail(folder, number):
    mail = read_mail(folder, number)
    for name in HEAD:
        if mail[name]:
            print(f"  {name + ':':<13}{mail[name]}")
    lines = [line for line in mail.get_content().splitlines() if line.strip()]
    for line in lines[:SHOWN_LINES]:
        print(f"  | {line}")
    if len(lines) > SHOWN_LINES:
        print("  | ...")


def show_inbox(folder):
    for number in numbers(folder):
        mail = read_mail(folder, number)
        print(f"  {number:>3}  {', '.join(recipients(folder, number)):<24} {mail['Subject']}")


def word(value):
    return re.sub(r"^(DEPARTMENT|IMPACT|COMPLEXITY|CHANNEL)_", "", value).lower()


def show_routing(ticket):
    read = ticket["classification"]
    print(f"  case {ticket['case_number']}, by {word(ticket['channel'])}: language {ticket['language']}, "
          f"{word(ticket['department'])}, impact {word(ticket['impact'])}, {word(ticket['complexity'])}, "
          f"{read['confidence']:.0%} sure")
    suggested = ticket["suggested_team"]
    print(f"  goes to {ticket['team']} (level {ticket['level']})"
          + (f", who are advised to call {suggested}" if suggested else ""))
    for reason in read["reasons"]:
        print(f"    {reason['field']:<11} {reason['text']}")


def cut(line):
    return line if len(line) <= WIDTH else line[:WIDTH - 3] + "..."


def show_timeline(lines):
    """Keeps the first lines of what was said and drops how each mail fared, hashes and long ids."""
    said = 0
    for line in lines:
        line = line.rstrip("\n")
        if not line.startswith("    "):
            said = 0
            if re.search(r"\* Notification(Settled|Deferred)|\* Deadline", line):
                continue
            line = re.sub(r" (ticket_id|received_time|policy_hash|notification_type|open)=\S+", "", line)
            print(cut("  " + line[11:]))  # without the date
        elif line.strip():
            said += 1
            if said <= 4:
                print("  " + line)
            elif said == 5:
                print("      ...")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("field").add_argument("name")
    commands.add_parser("routing")
    commands.add_parser("timeline")
    commands.add_parser("narrow")
    waiting = commands.add_parser("await-mail")
    waiting.add_argument("mails", type=pathlib.Path)
    waiting.add_argument("--to", required=True)
    waiting.add_argument("--text", required=True)
    waiting.add_argument("--seconds", type=int, default=60)
    one = commands.add_parser("mail")
    one.add_argument("mails", type=pathlib.Path)
    one.add_argument("number", type=int)
    commands.add_parser("inbox").add_argument("mails", type=pathlib.Path)
    given = parser.parse_args()
    if given.command == "field":
        print(json.load(sys.stdin)[given.name])
    elif given.command == "routing":
        show_routing(json.load(sys.stdin))
    elif given.command == "timeline":
        show_timeline(sys.stdin)
    elif given.command == "narrow":
        for line in sys.stdin:
            print(cut("  " + line.rstrip("\n")))
    elif given.command == "await-mail":
        await_mail(given.mails, given.to, given.text, given.seconds)
    elif given.command == "mail":
        show_mail(given.mails, given.number)
    else:
        show_inbox(given.mails)


if __name__ == "__main__":
    main()
