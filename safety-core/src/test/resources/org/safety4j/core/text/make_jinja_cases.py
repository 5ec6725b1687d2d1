"""Makes jinja_cases.jsonl: small templates and what the reference renders from them.

    pip install jinja2==3.1.6 && python make_jinja_cases.py > jinja_cases.jsonl

The environment is the one that Hugging Face's apply_chat_template builds. Rows that must fail have "error".
"""
import json
import jinja2
import jinja2.ext
import jinja2.sandbox

env = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols])


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


env.filters["tojson"] = tojson
env.globals["raise_exception"] = raise_exception

VARS = {
    "s": "  Hello, World 漢字 🙂! ", "e": "", "n": 7, "z": 0, "x": 2.5, "t": True, "f": False, "no": None,
    "l": [3, 1, 2], "w": ["b", "A", "c", "a"], "d": {"b": 1, "a": [1, {"k": "v"}], "items": "shadow"},
    "m": [{"role": "user", "content": "hi", "n": 2}, {"role": "assistant", "content": "yo\nthere", "n": 1}, {"role": "user", "content": "it's \"q\"", "n": 3}],
    "nest": {"p": {"q": [10, 20, 30]}}, "h": "<b>&'\"</b>",
}

CASES = r"""
{{ s }}|{{ s | trim }}|{{ s.strip() }}|{{ s.lstrip() }}|{{ s.rstrip() }}|
{{ s | upper }}{{ s | lower }}{{ s | title }}{{ s | trim | capitalize }}{{ s | length }}
{{ s[2] }}{{ s[-2] }}{{ s[2:7] }}{{ s[::-1] }}{{ s[15:18] }}{{ s[:100] }}{{ s[-3:] }}
{{ s.split() }}{{ s.split(',') }}{{ 'a,b,,c'.split(',') }}{{ 'a,b,c'.split(',', 1) }}{{ 'a,b,c'.rsplit(',', 1) }}{{ 'a b  c'.split(None, 1) }}
{{ s.split('o', 1)[0] }}|{{ '</think>x</think>y'.split('</think>')[-1] }}
{{ s.replace('l', 'L') }}{{ s | replace('l', '') }}{{ 'aaa' | replace('a', 'b', 2) }}{{ 'abc'.replace('', '-') }}{{ 'aaa'.replace('a', 'b', 2) }}
{{ s.startswith('  H') }}{{ s.endswith('x') }}{{ 'abc'.startswith(('x', 'a')) }}{{ s.find('W') }}{{ s.find('zz') }}{{ s.count('l') }}{{ 'abcabc'.rfind('b') }}
{{ 'a-b'.partition('-') }}{{ 'xab'.removeprefix('x') }}{{ 'xab'.removesuffix('b') }}{{ 'ab'.ljust(4) }}|{{ 'ab'.rjust(4, '*') }}|{{ 'ab'.center(5, '*') }}{{ '7'.zfill(3) }}
{{ 'abc'.isalpha() }}{{ '12'.isdigit() }}{{ 'a1'.isalnum() }}{{ ' '.isspace() }}{{ 'AB'.isupper() }}{{ 'ab'.islower() }}{{ 'aB'.swapcase() }}
{{ ', '.join(w) }}{{ w | join }}{{ l | join('-') }}{{ m | join(';', attribute='role') }}
{{ 'x%sy%d' % ('a', 3) }}{{ '%5.2f|%-4s|%04d' % (3.14159, 'a', 42) }}{{ '%s' | format(no) }}{{ '{} {}'.format('a', n) }}{{ '{0}{x}{0}'.format(1, x='q') }}
{{ 'a\nb\r\nc\n'.splitlines() }}{{ 'a\tb\\n' }}{{ "q'\"" }}{{ '\u00e9\x41' }}
{{ n }}{{ x }}{{ t }}{{ f }}{{ no }}{{ l }}{{ d }}{{ w }}{{ m[2] }}{{ (1, 'a') }}{{ (1,) }}{{ () }}{{ {} }}{{ [] }}
{{ n + 1 }}{{ n - 10 }}{{ n * 2 }}{{ n / 2 }}{{ n // 2 }}{{ n % 4 }}{{ -n // 2 }}{{ -n % 4 }}{{ 2 ** 10 }}{{ 2 ** -1 }}{{ n / 7 }}{{ x + n }}{{ x // 1 }}{{ 7.5 % 2 }}
{{ 1e3 }}{{ 1.5e-7 }}{{ 123456789.123 }}{{ 1e16 }}{{ 1e15 }}{{ 0.0001 }}{{ 0.1 + 0.2 }}{{ 1_000 }}{{ 0x1f }}{{ 3.0 }}{{ -0.0 }}
{{ 'ab' * 3 }}{{ [1] * 2 }}{{ [1] + [2, 3] }}{{ 'a' + 'b' }}{{ 'a' ~ 1 ~ none ~ undefinedthing }}{{ true + 1 }}
{{ 1 < 2 }}{{ 1 < 2 < 3 }}{{ 1 < 3 < 2 }}{{ 'a' < 'b' }}{{ 1 == 1.0 }}{{ 1 == true }}{{ '1' == 1 }}{{ [1, 2] == [1, 2] }}{{ [1] == (1,) }}{{ {'a': 1} == {'a': 1.0} }}{{ no == undefinedthing }}
{{ 'a' in 'abc' }}{{ 1 in l }}{{ 9 not in l }}{{ 'b' in d }}{{ 'zz' in d }}{{ 'x' in undefinedthing }}{{ not 'a' in 'abc' }}
{{ t and n }}{{ f or 'x' }}{{ not t }}{{ no or e or 'last' }}{{ t and e }}|{{ n if t else x }}{{ n if f }}|{{ 'a' if f else 'b' if f else 'c' }}
{{ d.b }}{{ d['b'] }}{{ d.a[1].k }}{{ d.a[1]['k'] }}{{ d['items'] }}{{ d.get('b') }}{{ d.get('q') }}{{ d.get('q', 5) }}{{ nest.p.q.1 }}{{ d.missing }}|{{ d['missing'] }}|{{ l[9] }}
{{ d.keys() | list }}{{ d.values() | list }}{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{{ d | items | list }}{{ d | length }}
{{ l | sort }}{{ w | sort }}{{ w | sort(case_sensitive=true) }}{{ l | sort(reverse=true) }}{{ m | sort(attribute='n') | map(attribute='n') | list }}{{ d | dictsort | map('first') | list }}
{{ l | first }}{{ l | last }}{{ l | max }}{{ l | min }}{{ l | sum }}{{ m | sum(attribute='n') }}{{ l | reverse | list }}{{ 'abc' | reverse }}{{ 'abc' | first }}{{ 'abc' | last }}{{ [] | first }}|{{ [1, 1, 2] | unique | list }}{{ w | unique | list }}
{{ m | map(attribute='role') | list }}{{ m | map('length') | list }}{{ w | map('upper') | join }}{{ m | map(attribute='zz', default='d') | list }}
{{ m | selectattr('role', 'equalto', 'user') | list | length }}{{ m | selectattr('n', '>', 1) | map(attribute='n') | list }}{{ m | rejectattr('role', 'eq', 'user') | map(attribute='n') | list }}{{ m | selectattr('zz') | list }}{{ m | selectattr('zz', 'undefined') | list | length }}
{{ [0, 1, 2, none, ''] | select | list }}{{ l | select('odd') | list }}{{ l | reject('odd') | list }}{{ l | select('in', [1, 2]) | list }}
{% for k, g in m | groupby('role') %}{{ k }}:{{ g | length }};{% endfor %}{{ l | batch(2) | list }}{{ l | batch(2, 'x') | list }}
{{ undefinedthing | default('d') }}{{ e | default('d') }}|{{ e | default('d', true) }}{{ no | default('d') }}{{ no | d('d', boolean=true) }}
{{ '12' | int }}{{ 'x' | int }}{{ 'x' | int(5) }}{{ 2.9 | int }}{{ '3.7' | int }}{{ 'ff' | int(0, 16) }}{{ '2.5' | float }}{{ 'x' | float }}{{ 3 | float }}{{ -3 | abs }}{{ (-3) | abs }}{{ 2.567 | round(2) }}{{ 2.5 | round }}{{ 3.5 | round }}{{ 2.1 | round(0, 'ceil') }}{{ 2.9 | round(method='floor') | int }}
{{ d | tojson }}{{ d | tojson(indent=2) }}{{ s | tojson }}{{ s | tojson(ensure_ascii=true) }}{{ h | tojson }}{{ [] | tojson(indent=4) }}{{ {} | tojson(indent=4) }}{{ no | tojson }}{{ x | tojson }}{{ [1, [2, {'a': none}]] | tojson(indent=1) }}
{{ d | tojson(separators=(',', ':')) }}{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}{{ {1: 2, none: 3, true: 4} | tojson }}{{ 'a\tb\\' | tojson }}{{ d | tojson(indent='--') }}
{{ h | e }}{{ 'a b c' | wordcount }}{{ 'foo bar baz' | truncate(7) }}{{ 'foo bar baz' | truncate(7, true, '~', 0) }}{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb' | indent(1, blank=true) }}{{ 'x' | center(5) }}|
{% for i in range(3) %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a', 'b') }};{% endfor %}
{% for i in range(6) if i % 2 %}{{ i }}/{{ loop.length }};{% else %}none{% endfor %}{% for i in [] %}x{% else %}none{% endfor %}{% for c in 'añ🙂' %}[{{ c }}]{% endfor %}{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}
{% for i in range(6) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% for a in [1, 2] %}{% for b in [3, 4] %}{{ loop.index }}{{ a }}{{ b }} {% endfor %}{{ loop.index }}{% endfor %}
{% for i in l %}{{ loop.changed(i > 1) }}{% endfor %}
{% set a = 1 %}{% for i in l %}{% set a = a + i %}{{ a }}{% endfor %}{{ a }}
{% set ns = namespace(v=0, k='x') %}{% for i in l %}{% set ns.v = ns.v + i %}{% endfor %}{{ ns.v }}{{ ns.k }}{{ ns.q }}|{{ ns.q is defined }}
{% set a, b = 1, [2] %}{{ a }}{{ b }}{% set c = 1, 2 %}{{ c }}{% set q %} body {{ a }} {% endset %}[{{ q }}]{% set r | trim | upper %} body {% endset %}[{{ r }}]
{% if n > 5 %}a{% elif n > 3 %}b{% else %}c{% endif %}{% if not n %}a{% elif e %}b{% else %}c{% endif %}{% if undefinedthing %}x{% endif %}{% if m %}y{% endif %}
{% macro f(a, b=2, c='z') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }}{{ f(1, 3) }}{{ f(1, c='q') }}{{ f(b=5, a=4) }}{{ f() }}
{% macro rec(k) %}{{ k }}{% if k > 0 %}{{ rec(k - 1) }}{% endif %}{% endmacro %}{{ rec(5) }}{% macro v() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ v(1, 2, z=3) }}
{% macro box(t) %}<{{ t }}>{{ caller() }}</{{ t }}>{% endmacro %}{% call box('p') %}in{{ n }}{% endcall %}{% macro each(xs) %}{% for x in xs %}{{ caller(x) }}{% endfor %}{% endmacro %}{% call(y) each(l) %}[{{ y }}]{% endcall %}
{% set outer = 'o' %}{% macro g() %}{{ outer }}{{ n }}{% endmacro %}{{ g() }}{% set outer = 'p' %}{{ g() }}
{% filter upper %}abc{{ 'x' }}{% endfilter %}{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }}|
{% raw %}{{ not }} {% code %}{% endraw %}{{ 1 }}{# comment {{ x }} #}2{#- c -#} 3
{{ n is defined }}{{ q is defined }}{{ q is undefined }}{{ no is none }}{{ n is not none }}{{ s is string }}{{ l is string }}{{ d is mapping }}{{ l is mapping }}{{ l is iterable }}{{ n is iterable }}{{ l is sequence }}{{ n is number }}{{ t is number }}{{ x is float }}{{ n is integer }}{{ t is integer }}{{ t is boolean }}{{ t is true }}{{ f is false }}{{ n is odd }}{{ n is even }}{{ n is divisibleby 7 }}{{ n is divisibleby(3) }}{{ 'a' is in 'abc' }}{{ n is eq 7 }}{{ n is sameas 7 }}{{ 'AB' is upper }}{{ 'ab' is lower }}{{ range is callable }}{{ n is gt 3 }}{{ n is ge(7) }}{{ not n is defined }}
{{ q is defined and q.x }}{{ q is not defined or q.x }}{{ d.zz is defined }}{{ d.b is defined and d.b is not none }}
{{ {'a': {'b': {'c': 1}}}.a.b.c }}{{ {'a': 1, 'b': [1, 2, {'x': ()}]} }}{{ [1, 2,] }}{{ {'a': 1,} }}{{ {n: 's'}[7] }}{{ dict(a=1, b='x') }}{{ dict([('k', 1)]) }}
{{ 1, 2 }}{{ (1 + 2) * 3 }}{{ 2 + 3 * 4 }}{{ -2 ** 2 }}{{ 2 ** 3 ** 2 }}{{ 10 - 2 - 3 }}{{ not true or true }}{{ 'a' ~ 'b' | upper }}{{ -n | abs }}{{ n == 7 and 'y' or 'n' }}
{{ 'a' 'b' "c" }}{{ l[0] + l[-1] }}{{ l[1:] }}{{ l[:-1] }}{{ l[::2] }}{{ l[::-1] }}{{ l[5:] }}{{ (1, 2, 3)[1:] }}{{ m[-1].content }}{{ m[0:1] }}
{%- set a = joiner(';') -%}{{ a() }}1{{ a() }}2{{ a() }}3{% set c = cycler('x', 'y') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}
{% set g = m | map(attribute='n') %}{{ g | list }}{{ g | list }}{% set g2 = l | select('odd') %}{{ g2 | first }}{{ g2 | first }}|{{ 't' if l | select('gt', 9) else 'f' }}
{{ range(3) | list }}{{ range(1, 7, 2) | list }}{{ range(0) | list }}{{ 'abc' | list }}{{ d | list }}{{ 5 | string + 'x' }}{{ (n ~ '') | length }}
{{ undefinedthing | length }}{{ undefinedthing | list }}{{ undefinedthing | trim }}|{{ undefinedthing | upper }}|{{ undefinedthing | join }}|{{ undefinedthing | string }}|{% for x in undefinedthing %}{% endfor %}
{% generation %}x{% endgeneration %}
{% if t %}é{% endif %}{{ '日本' | length }}{{ '日本'[1] }}{{ ['日本', "it's"] }}{{ 'a"b' | tojson }}{{ ["a'b\"c"] }}{{ ['\n\t\\'] }}
{{ undefinedthing.attr }}
{{ no.attr.more }}
{{ 'a' + 1 }}
{{ 'a' + none }}
{{ 1 / 0 }}
{{ l | nosuchfilter }}
{{ l is nosuchtest }}
{{ raise_exception('no') }}
{{ no | length }}
{% for x in none %}{% endfor %}
{% for x in 5 %}{% endfor %}
{{ undefinedthing | tojson }}
{{ f(1) }}
{{ nosuch() }}
{{ 'a' < 1 }}
{% set a, b = [1] %}
{{ l.append(4) }}
{{ d.update({'x': 1}) }}
{{ s.__class__ }}
{{ s.__class__.__mro__ }}
{{ range(10000000) }}
{{ 1 +
{% if %}{% endif %}
{% for x in l %}
{% endfor %}
{{ l[ }}
{{ l) }}
{{ 'abc }}
{% unknowntag %}
{% macro f( %}{% endmacro %}
{{ {'a' 1} }}
{% set ns = 5 %}{% set ns.x = 1 %}
{{ undefinedthing + 1 }}
{{ undefinedthing[0] }}
{% if n %}{% else %}{% else %}{% endif %}
""".strip("\n").split("\n")

BLANKS = [
    "a\n{% if t %}\nb\n{% endif %}\nc\n", "a\n  {% if t %}\n  b\n  {% endif %}\nc\n\n", "a {% if t %} b {% endif %} c", "  {{ n }}  \n  {{ n }}\n",
    "x\n{%- if t -%}\n y \n{%- endif -%}\nz", "x  {{- n -}}  y", "x\n\n{{- n }}\n\ny", "{%+ if t %}\n  a{% endif +%}\nb", "  {%+ if t +%}\n  a\n  {%+ endif %}\n",
    "{# c #}\nx\n  {# c #}\n  y {# c #} z\n", "a\n  {#- c #}\n b", "a {# c -#}\n  b", "\n\n{% for i in l %}\n\n{{ i }}\n\n{% endfor %}\n\n", "{% for i in l %}{{ i }}\n{% endfor %}",
    "{% for i in l %}\n    {{ i }}\n    {%- if not loop.last %}, {% endif %}\n{% endfor %}\n", "a\r\n{% if t %}\r\nb{% endif %}\rc", "\t{% set a = 1 %}\n\t{{ a }}\n",
    "{% raw %}\n  a\n{% endraw %}\nb", "  {% raw %}  a  {% endraw %}  b", "x{% raw -%}  a  {%- endraw %}\ny", "{{ '{{' }} }} %} #}", "{{ n }}\n", "{{ n }}\n\n", "a\u00a0{%- if t %}b{% endif %}",
    "{% if t -%}\n  a\n{%- else -%}\n  b\n{%- endif %}\n", "{% set x %}\n  a\n{% endset %}\n[{{ x }}]", "a\n{% macro q() %}\n  m\n{% endmacro %}\n[{{ q() }}]", "  {# a #}{% if t %}x{% endif %}", "{% if t %}a{% endif %}  {% if t %}b{% endif %}\n  {% if t %}c{% endif %}",
    "{%if t%}a{%endif%}{{n}}{{-n-}}", "{%- for i in l -%}\n {{ i -}} \n{%- endfor -%}", "{{ n\n }}{{\nn }}{% if\n t %}x{%\n endif %}", "a\n   \n  {% if t %}b{% endif %}\n",
]

for source in CASES + BLANKS:
    if "generation" in source:
        continue
    row = {"source": source}
    try:
        row["rendered"] = env.from_string(source).render(**VARS)
    except Exception as e:
        row["error"] = type(e).__name__
    print(json.dumps({**row, "variables": VARS} if source == CASES[0] else row, ensure_ascii=False))
