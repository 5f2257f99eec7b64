"""Makes templates.json and texts.json: what Jinja2 3.1.6, tomli 2.0.1 and tomli-w 1.0.0 make of small templates and TOML texts.

    python Tests/Vectors/gramine/make.py
"""
import json
import os
import random

import jinja2
import tomli
import tomli_w

HERE = os.path.dirname(os.path.abspath(__file__))
VARIABLES = {"app": "/usr/bin/app", "level": "debug", "count": "8", "flag": True, "empty": "", "quote": "it's \"so\"",
             "accents": "Ünï é\u0301 \U0001F600"}

TEMPLATES = r"""
{{ app }}
{{ app | upper }} {{ app|lower|replace("usr", "opt") }}
{{ nothing }}
{{ nothing | default("x") }} {{ nothing|d }}| {{ empty | default("y") }}| {{ empty | default("y", true) }} {{ empty | default("y", boolean=True) }}
{% if nothing is defined %}a{% else %}b{% endif %}
{% if nothing is not defined %}a{% endif %}{% if app is undefined %}c{% endif %}
{% if not nothing %}a{% endif %}
{% if flag %}yes{% elif level == "debug" %}no{% endif %}
{% if level == "error" %}1{% elif level == "debug" %}2{% elif level %}3{% else %}4{% endif %}
{{ flag }} {{ none }} {{ true }} {{ False }} {{ None }}
{{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 4 / 2 }}
{{ 1 ~ 2 ~ "a" }} {{ "a" ~ 1 + 2 }}
{{ "a" + "b" }} {{ [1] + [2, "x"] }}
{{ 1_000 }} {{ 1.5 }} {{ 1.0 }} {{ -1 }} {{ - 1.25 }} {{ --1 }}
{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ "a" < "b" }} {{ 1 == 1.0 }} {{ true == 1 }} {{ "1" == 1 }} {{ 1 != 2 }}
{{ "a" in "abc" }} {{ "x" not in "abc" }} {{ 1 in [1, 2] }} {{ "k" in {"k": 1} }} {{ "" in "a" }}
{{ not true }} {{ not not true }} {{ true and false or true }} {{ "" or "x" }} {{ "a" and "b" }}
{{ "a" if flag else "b" }} {{ "a" if not flag else "b" }} {{ "a" if flag }}
{{ "a" if not flag }}
{{ ["a", 'b', 1, 2.5, true, none] }} {{ [] }} {{ [[1], ["x"]] }} {{ (1, 2)[0] }}
{{ ["it's", 'say "x"', "both ' and \"", "line\nend", "tab\t", "bs\\"] }}
{{ {"a": 1, "b": [2]} }} {{ {} }} {{ {"a": 1}.a }} {{ {"a": 1}["a"] }} {{ {'a': {'b': 2}}.a.b }}
{{ {"a": 1}.b }}
{{ {"a": 1}.get("b", 2) }} {{ {"a": 1}.get("a") }} {{ {"a": 1}.get("z") }}
{{ [1, 2, 3][0] }} {{ [1, 2, 3][-1] }} {{ "abc"[1] }}
{{ [1][5] }}
{% for x in ["a", "b"] %}{{ x }},{% endfor %}
{% for x in [] %}x{% else %}none{% endfor %}
{% for x in ["a", "b", "c"] %}{{ loop.index }}/{{ loop.length }} {{ loop.index0 }} {{ loop.revindex }} {{ loop.revindex0 }} {{ loop.first }} {{ loop.last }};{% endfor %}
{% for x in [1, 2, 3, 4] if x % 2 == 0 %}{{ x }}{{ "," if not loop.last }}{% endfor %}
{% for x in range(3) %}{{ x }}{% endfor %} {% for x in range(1, 10, 3) %}{{ x }} {% endfor %}{% for x in range(3, 0, -1) %}{{ x }}{% endfor %}
{% for k, v in {"a": 1, "b": 2}.items() %}{{ k }}={{ v }};{% endfor %}{% for k in {"a": 1} %}{{ k }}{% endfor %}
{% for a, b in [[1, 2], [3, 4]] %}{{ a }}-{{ b }} {% endfor %}
{% for a, b in [[1, 2, 3]] %}{{ a }}{% endfor %}
{% for c in "aé" %}{{ c }}.{% endfor %}
{% for x in [1] %}{% for y in [2, 3] %}{{ x }}{{ y }}{{ loop.last }} {% endfor %}{{ loop.last }}{% endfor %}
{% for x in 5 %}{% endfor %}
{% set a = 1 %}{{ a }}{% set a = a + 1 %}{{ a }}
{% set a, b = 1, 2 %}{{ b }}{{ a }}
{% set a = 1, 2 %}{{ a }}
{% set a = 1 %}{% for x in [1, 2] %}{% set a = x + 5 %}{{ a }}{% endfor %}{{ a }}
{% if true %}{% set a = 7 %}{% endif %}{{ a }}
{% set a %}text {{ app }}{% endset %}[{{ a }}]
{% for x in [1] %}{{ x }}{% endfor %}{{ x }}
{% raw %}{{ not }} {% if %} {# kept #}{% endraw %}
a {%- raw -%}  {{ x }}  {%- endraw -%} b
a {# comment #} b {#- comment -#} c
a {{- 1 -}} b {%- if true -%} c {%- endif -%} d
a
{%- for x in [1, 2] %}
  {{ x }}
{%- endfor %}
b
{{+ 1 +}} {%+ if true +%}x{% endif %}
{{ "}}" }} {{ "%}" }} {{ '{{' }} {{ {"a": {"b": 1}} }}
{{ "a\x41\u00e9\n\q\\" }} {{ 'it\'s' }} {{ "a" "b" 'c' }}
{{ app.startswith("/usr") }} {{ app.endswith("x") }} {{ app.split("/") }} {{ " a b ".split() }} {{ "xax".strip("x") }} {{ " a ".strip() }}| {{ ",".join(["a", "b"]) }} {{ app.upper() }} {{ "aXa".replace("a", "b") }}
{{ ["b", "a", "C"] | sort | join(",") }} {{ ["a", "b", "A"] | unique | list }} {{ [3, 1] | sort | first }} {{ [3, 1] | last }} {{ [1, 2] | length }} {{ "abc" | count }}
{{ "12" | int + 1 }} {{ "x" | int }} {{ "x" | int(5) }} {{ 3.9 | int }} {{ "3.9" | int }} {{ true | int }} {{ count | int * 2 }}
{{ " a " | trim }}| {{ 5 | string ~ "x" }} {{ "xax" | trim("x") }}
{{ {"b": [1, 2.5, none, true], "a": "x<y>&'\"\u00e9\n"} | tojson }} {{ quote | tojson }} {{ accents | tojson }}
{{ [1, 2] | join }} {{ ["a", 1] | join(", ") }} {{ "abc" | join("-") }}
{{ quote }} {{ accents }} {{ [quote] }}
{{ 3 is even }} {{ 3 is odd }} {{ "a" is string }} {{ 1 is number }} {{ none is none }} {{ true is boolean }} {{ true is true }} {{ 1 is true }} {{ {} is mapping }} {{ 1.5 is float }} {{ 1 is integer }}
{{ app is not none and flag is defined }}
{{ nothing.x }}
{{ app.x }}
{{ app.x is defined }} {{ {"a": 1}.a is defined }}
{{ 1 + "a" }}
{{ 1 / 0 }}
{{ unknown() }}
{{ app | unknown }}
{{ app is unknown }}
{{ app
{{ }}
{{ app }
{% if true %}
{% endif %}
{% for x in [1] %}{% endif %}
{% else %}
{% if %}a{% endif %}
{% if true %}a{% else %}b{% else %}c{% endif %}
{% unknown %}
{{ "a }}
{{ (1 }}
{{ 1) }}
{{ [1, }}
{# open
{% raw %} open
{{ 1 2 }}
{{ a b }}
{{ 'x' ; }}
{{ ? }}
{% include "other" %}
{{ [1, 2,] }} {{ {"a": 1,} }} {{ (1,) | list }} {{ () | list }}
{{ range(3) | list }} {{ range(3) | join("+") }}
{{ 1 if 0 else 2 if 0 else 3 }}
{{ +1 }} {{ 1e3 }} {{ 1.5e-7 }} {{ 2E2 }}
{{ app[0] }}{{ app[-1] }} {{ [app, level][1] }}
{{ -count | int }}
{{ 2 - -2 }} {{ 2 -1 }} {{ 10 - 3 - 2 }} {{ 2 * 3 % 4 }}
{{ (1, "a") }} {{ (1,) }} {{ {"a": 1}.items() | list }} {{ (1, 2) == [1, 2] }} {{ (1,) + (2,) }} {{ () }} {{ [1] * 2 if false }}
{% set x = {"a": 1} %}{{ x.a }}{{ x["a"] }}{% set x = x.a %}{{ x }}
{{ loop }}
{{ true is defined }} {{ loop is defined }}
""".strip("\n")


def templates():
    cases = []
    lines, multi = [], None
    for line in TEMPLATES.split("\n"):
        lines.append(line)
    # One case is written over several lines.
    start = lines.index("a")
    end = lines.index("b", start)
    lines[start:end + 1] = ["\n".join(lines[start:end + 1])]
    lines += ["{% if true %}\na\n{% endif %}\n", "a\r\nb\rc\n", "", "\n", "  {%- if true %}\n  x\n{%- endif -%}  \n\n y",
              "{{ 'a' -}}\n\n  b", "{{ 'a' }}\n"]
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    for template in lines:
        try:
            cases.append({"template": template, "output": environment.from_string(template).render(**VARIABLES)})
        except Exception as error:
            cases.append({"template": template, "output": None, "error": f"{type(error).__name__}: {error}"})
    return {"variables": {name: None if value is True else value for name, value in VARIABLES.items()}, "cases": cases}


KEYS = ["a", "b-c", "d_1", "", "with blank", "ключ", "\"quote\"", "tab\t", "A", "0"]
STRINGS = ["", "x", "it's", "\"", "\\", "\t", "\n", "\r\n", "\x00\x1f\x7f", "é", "e\u0301", "\U0001F600", "x" * 90, "ü" * 86, "long " * 30]


def value(source, depth):
    kind = source.randrange(10 if depth < 3 else 6)
    if kind == 0:
        return source.choice(STRINGS)
    if kind == 1:
        return source.choice([0, -1, 255, 2 ** 40, -2 ** 62])
    if kind == 2:
        return source.choice([0.0, -0.0, 1.5, 1e16, 1e15, 1e-5, 1e-4, 123456789.125, float("inf"), -2.5e-300, 1 / 3])
    if kind == 3:
        return source.random() < 0.5
    if kind in (4, 5):
        return source.choice(STRINGS)
    if kind == 6:
        return [value(source, depth + 1) for _ in range(source.randrange(4))]
    if kind == 7:
        return [table(source, depth + 1) for _ in range(source.randrange(1, 4))]
    return table(source, depth + 1)


def table(source, depth):
    return {key: value(source, depth + 1) for key in source.sample(KEYS, source.randrange(4))}


def inline(item):
    """A TOML text that is unlike the writer's: all of it inline."""
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, str):
        return json.dumps(item, ensure_ascii=False).replace("\x7f", "\\u007f") if "\U0001F600" not in item else f'"{item}"'
    if isinstance(item, (int, float)):
        return repr(item)
    if isinstance(item, list):
        return "[" + ",".join(map(inline, item)) + "]"
    return "{" + ",".join(f"{inline(key)}={inline(element)}" for key, element in item.items()) + "}"


def texts():
    source = random.Random(22)
    cases = []
    for _ in range(150):
        tree = {key: value(source, 0) for key in source.sample(KEYS, 4)}
        toml = "".join(f"{inline(key)} = {inline(element)}\n" for key, element in tree.items())
        cases.append({"toml": toml, "text": tomli_w.dumps(tomli.loads(toml))})
    return cases


def write(name, content):
    with open(os.path.join(HERE, name), "w", encoding="utf-8", newline="\n") as file:
        json.dump(content, file, ensure_ascii=True, indent=1)
        file.write("\n")


write("templates.json", templates())
write("texts.json", texts())
