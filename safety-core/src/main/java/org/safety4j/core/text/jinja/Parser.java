package org.safety4j.core.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.text.jinja.Token.Kind;

/** Turns tokens into statements; the precedence of operators is that of the reference. */
final class Parser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> UNSUPPORTED =
      Set.of("include", "import", "from", "extends", "block", "do", "trans", "autoescape", "debug");

  private final String what;
  private final List<Token> tokens;
  private int position;
  private int nesting;
  private int loops;

  private Parser(String what, List<Token> tokens) {
    this.what = what;
    this.tokens = tokens;
  }

  static List<Statement> parse(String what, String template) {
    Parser parser = new Parser(what, Lexer.tokens(what, template));
    List<Statement> body = parser.body();
    if (!parser.peek().is(Kind.END)) {
      throw parser.error("unexpected " + parser.peek(1).shown());
    }
    return body;
  }

  // ---- statements ----

  /** Statements up to the end or a block whose first word is none of a statement's. */
  private List<Statement> body() {
    deeper();
    List<Statement> body = new ArrayList<>();
    while (true) {
      Token token = peek();
      if (token.is(Kind.DATA)) {
        next();
        body.add(new Statement.Data(token.text()));
      } else if (token.is(Kind.OUTPUT_BEGIN)) {
        next();
        Expression value = tuple(true);
        expect(Kind.OUTPUT_END);
        body.add(new Statement.Output(value));
      } else if (token.is(Kind.BLOCK_BEGIN) && !ends(peek(1))) {
        next();
        body.add(statement());
      } else {
        nesting--;
        return body;
      }
    }
  }

  private static boolean ends(Token word) {
    return word.is(Kind.NAME)
        && (word.text().startsWith("end")
            || word.text().equals("else")
            || word.text().equals("elif"));
  }

  private Statement statement() {
    Token word = next();
    if (!word.is(Kind.NAME)) {
      throw error("a block must start with a word, found " + word.shown());
    }
    switch (word.text()) {
      case "for":
        return loop();
      case "if":
        return condition();
      case "set":
        return assignment();
      case "macro":
        return macro();
      case "call":
        return callBlock();
      case "filter":
        return filterBlock();
      case "with":
        return with();
      case "generation":
        expect(Kind.BLOCK_END);
        return new Statement.Scoped(List.of(), List.of(), bodyUntil("endgeneration"));
      case "break":
      case "continue":
        if (loops == 0) {
          throw error("'" + word.text() + "' stands outside of a loop");
        }
        expect(Kind.BLOCK_END);
        return new Statement.Jump(
            word.text().equals("break") ? Statement.Flow.BREAK : Statement.Flow.CONTINUE);
      default:
        throw error(
            UNSUPPORTED.contains(word.text())
                ? "'" + word.text() + "' is not supported in chat templates"
                : "unknown block '" + word.text() + "'");
    }
  }

  private List<Statement> bodyUntil(String end) {
    List<Statement> body = body();
    endBlock(end);
    return body;
  }

  private void endBlock(String end) {
    if (!peek().is(Kind.BLOCK_BEGIN) || !peek(1).name(end)) {
      throw error(
          "expected '"
              + end
              + "', found "
              + (peek().is(Kind.BLOCK_BEGIN) ? peek(1) : peek()).shown());
    }
    next();
    next();
    if (end.equals("endmacro") && peek().is(Kind.NAME)) {
      next();
    }
    expect(Kind.BLOCK_END);
  }

  private Statement loop() {
    Statement.Target target = target(false);
    expectName("in");
    Expression source = tuple(false);
    Expression condition = null;
    if (skipName("if")) {
      condition = expression();
    }
    if (peek().name("recursive")) {
      throw error("recursive loops are not supported");
    }
    expect(Kind.BLOCK_END);
    loops++;
    List<Statement> body = body();
    loops--;
    List<Statement> otherwise = List.of();
    if (peek().is(Kind.BLOCK_BEGIN) && peek(1).name("else")) {
      next();
      next();
      expect(Kind.BLOCK_END);
      otherwise = body();
    }
    endBlock("endfor");
    return new Statement.For(target, source, condition, body, otherwise);
  }

  private Statement condition() {
    List<Expression> conditions = new ArrayList<>();
    List<List<Statement>> bodies = new ArrayList<>();
    conditions.add(tuple(false));
    expect(Kind.BLOCK_END);
    bodies.add(body());
    while (peek().is(Kind.BLOCK_BEGIN) && peek(1).name("elif")) {
      next();
      next();
      conditions.add(tuple(false));
      expect(Kind.BLOCK_END);
      bodies.add(body());
    }
    if (peek().is(Kind.BLOCK_BEGIN) && peek(1).name("else")) {
      next();
      next();
      expect(Kind.BLOCK_END);
      conditions.add(null);
      bodies.add(body());
    }
    endBlock("endif");
    return new Statement.If(conditions, bodies);
  }

  private Statement assignment() {
    Statement.Target target = target(true);
    if (skip("=")) {
      Expression value = tuple(true);
      expect(Kind.BLOCK_END);
      return new Statement.Set(target, value);
    }
    UnaryOperator<Expression> filters = filters();
    expect(Kind.BLOCK_END);
    return new Statement.Captured(target, bodyUntil("endset"), filters);
  }

  private Statement filterBlock() {
    position--;
    Token before = tokens.get(position);
    tokens.set(position, new Token(Kind.OPERATOR, "|", before.line()));
    UnaryOperator<Expression> filters = filters();
    expect(Kind.BLOCK_END);
    return new Statement.Captured(null, bodyUntil("endfilter"), filters);
  }

  /** Filters without the value they apply to, ready to be put around one. */
  private UnaryOperator<Expression> filters() {
    UnaryOperator<Expression> all = UnaryOperator.identity();
    while (skip("|")) {
      int line = peek().line();
      String name = dotted();
      Filters.Filter filter = filter(name);
      Expression.Passed passed = peek().operator("(") ? passed() : Expression.Passed.NONE;
      UnaryOperator<Expression> inner = all;
      all = value -> new Expression.Filtered(line, inner.apply(value), name, filter, passed);
    }
    return all;
  }

  private Statement macro() {
    String name = expect(Kind.NAME).text();
    return new Statement.Define(name, signature("endmacro"));
  }

  private Statement callBlock() {
    int parameters = position;
    if (peek().operator("(")) {
      skipBrackets();
    }
    int line = peek().line();
    Expression call = expression();
    if (!(call instanceof Expression.Call target)) {
      throw new InvalidModelFile(what + ", line " + line + ": 'call' must be followed by a call");
    }
    if (!tokens.get(parameters).operator("(")) {
      expect(Kind.BLOCK_END);
      return new Statement.CallBlock(
          target, new Statement.Signature(List.of(), List.of(), outsideLoops("endcall")));
    }
    int after = position;
    position = parameters;
    List<String> names = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    parameters(names, defaults);
    position = after;
    expect(Kind.BLOCK_END);
    return new Statement.CallBlock(
        target, new Statement.Signature(names, defaults, outsideLoops("endcall")));
  }

  private void skipBrackets() {
    int open = 0;
    do {
      Token token = next();
      if (token.operator("(")) {
        open++;
      } else if (token.operator(")")) {
        open--;
      } else if (token.is(Kind.BLOCK_END) || token.is(Kind.END)) {
        throw error("a bracket is never closed");
      }
    } while (open > 0);
  }

  private Statement.Signature signature(String end) {
    List<String> names = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    parameters(names, defaults);
    expect(Kind.BLOCK_END);
    return new Statement.Signature(names, defaults, outsideLoops(end));
  }

  private List<Statement> outsideLoops(String end) {
    int around = loops;
    loops = 0;
    List<Statement> body = bodyUntil(end);
    loops = around;
    return body;
  }

  private void parameters(List<String> names, List<Expression> defaults) {
    expectOperator("(");
    while (!peek().operator(")")) {
      if (!names.isEmpty()) {
        expectOperator(",");
      }
      names.add(expect(Kind.NAME).text());
      defaults.add(skip("=") ? expression() : null);
    }
    next();
  }

  private Statement with() {
    List<String> names = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!peek().is(Kind.BLOCK_END)) {
      if (!names.isEmpty()) {
        expectOperator(",");
      }
      names.add(expect(Kind.NAME).text());
      expectOperator("=");
      values.add(expression());
    }
    next();
    return new Statement.Scoped(names, values, bodyUntil("endwith"));
  }

  private Statement.Target target(boolean mayBeField) {
    List<Statement.Target> targets = new ArrayList<>();
    boolean bracket = skip("(");
    boolean comma = false;
    do {
      if (targets.isEmpty() || peek().is(Kind.NAME) && !peek().name("in")) {
        String name = assignable();
        if (mayBeField && skip(".")) {
          targets.add(new Statement.Target.Field(name, expect(Kind.NAME).text()));
        } else {
          targets.add(new Statement.Target.One(name));
        }
      }
      comma |= peek().operator(",");
    } while (skip(","));
    if (bracket) {
      expectOperator(")");
    }
    return comma ? new Statement.Target.Several(targets) : targets.get(0);
  }

  private String assignable() {
    String name = expect(Kind.NAME).text();
    if (constant(name) != Arguments.MISSING) {
      throw error("'" + name + "' cannot be assigned to");
    }
    return name;
  }

  // ---- expressions ----

  private Expression expression() {
    deeper();
    int line = peek().line();
    Expression value = or();
    while (skipName("if")) {
      Expression condition = or();
      Expression otherwise = skipName("else") ? expression() : null;
      value = new Expression.Choice(line, condition, value, otherwise);
    }
    nesting--;
    return value;
  }

  /** One expression, or several with commas between them as a tuple. */
  private Expression tuple(boolean conditional) {
    int line = peek().line();
    Expression first = conditional ? expression() : or();
    if (!peek().operator(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    while (skip(",")) {
      if (tupleEnds()) {
        break;
      }
      items.add(conditional ? expression() : or());
    }
    return new Expression.Sequence(line, items, true);
  }

  private boolean tupleEnds() {
    Token t = peek();
    return t.is(Kind.OUTPUT_END)
        || t.is(Kind.BLOCK_END)
        || t.operator(")")
        || t.name("if")
        || t.name("recursive");
  }

  private Expression or() {
    Expression left = and();
    while (peek().name("or")) {
      int line = next().line();
      left = new Expression.Either(line, false, left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (peek().name("and")) {
      int line = next().line();
      left = new Expression.Either(line, true, left, not());
    }
    return left;
  }

  private Expression not() {
    if (peek().name("not")) {
      deeper();
      int line = next().line();
      Expression value = new Expression.Unary(line, "not", not());
      nesting--;
      return value;
    }
    return comparison();
  }

  private Expression comparison() {
    int line = peek().line();
    Expression first = sum();
    List<String> operators = new ArrayList<>();
    List<Expression> others = new ArrayList<>();
    while (true) {
      Token token = peek();
      if (token.is(Kind.OPERATOR) && COMPARISONS.contains(token.text())) {
        next();
        operators.add(token.text());
      } else if (skipName("in")) {
        operators.add("in");
      } else if (token.name("not") && peek(1).name("in")) {
        next();
        next();
        operators.add("not in");
      } else {
        break;
      }
      others.add(sum());
    }
    return operators.isEmpty() ? first : new Expression.Comparison(line, first, operators, others);
  }

  private Expression sum() {
    Expression left = joined();
    while (peek().operator("+") || peek().operator("-")) {
      Token operator = next();
      left = new Expression.Binary(operator.line(), operator.text(), left, joined());
    }
    return left;
  }

  private Expression joined() {
    int line = peek().line();
    List<Expression> parts = new ArrayList<>(List.of(product()));
    while (skip("~")) {
      parts.add(product());
    }
    return parts.size() == 1 ? parts.get(0) : new Expression.Joined(line, parts);
  }

  private Expression product() {
    Expression left = power();
    while (peek().operator("*")
        || peek().operator("/")
        || peek().operator("//")
        || peek().operator("%")) {
      Token operator = next();
      left = new Expression.Binary(operator.line(), operator.text(), left, power());
    }
    return left;
  }

  private Expression power() {
    Expression left = unary(true);
    while (peek().operator("**")) {
      int line = next().line();
      left = new Expression.Binary(line, "**", left, unary(true));
    }
    return left;
  }

  private Expression unary(boolean filtered) {
    Token token = peek();
    Expression value;
    if (token.operator("-") || token.operator("+")) {
      deeper();
      next();
      value = new Expression.Unary(token.line(), token.text(), unary(false));
      nesting--;
    } else {
      value = postfix(primary());
    }
    return filtered ? filteredAndTested(value) : value;
  }

  private Expression postfix(Expression value) {
    Expression result = value;
    while (true) {
      Token token = peek();
      if (token.operator(".")) {
        next();
        Token name = next();
        if (name.is(Kind.NAME)) {
          result = new Expression.Attribute(token.line(), result, name.text());
        } else if (name.is(Kind.INTEGER)) {
          result =
              new Expression.Item(
                  token.line(),
                  result,
                  new Expression.Constant(token.line(), Long.valueOf(name.text())));
        } else {
          throw error("a name must follow '.', found " + name.shown());
        }
      } else if (token.operator("[")) {
        next();
        result = subscript(token.line(), result);
      } else if (token.operator("(")) {
        result = new Expression.Call(token.line(), result, passed());
      } else {
        return result;
      }
    }
  }

  private Expression subscript(int line, Expression object) {
    Expression from = null;
    if (!peek().operator(":")) {
      from = expression();
      if (skip("]")) {
        return new Expression.Item(line, object, from);
      }
    }
    expectOperator(":");
    Expression to = peek().operator(":") || peek().operator("]") ? null : expression();
    Expression by = skip(":") && !peek().operator("]") ? expression() : null;
    expectOperator("]");
    return new Expression.Slice(line, object, from, to, by);
  }

  private Expression filteredAndTested(Expression value) {
    Expression result = value;
    while (true) {
      Token token = peek();
      if (token.operator("|")) {
        next();
        String name = dotted();
        Filters.Filter filter = filter(name);
        Expression.Passed passed = peek().operator("(") ? passed() : Expression.Passed.NONE;
        result = new Expression.Filtered(token.line(), result, name, filter, passed);
      } else if (token.name("is")) {
        next();
        result = test(token.line(), result);
      } else if (token.operator("(")) {
        result = new Expression.Call(token.line(), result, passed());
      } else {
        return result;
      }
    }
  }

  private Expression test(int line, Expression value) {
    boolean negated = skipName("not");
    String name = dotted();
    Tests.Test test = Tests.find(name);
    if (test == null) {
      throw error("unknown test '" + name + "'");
    }
    Expression.Passed passed = Expression.Passed.NONE;
    Token token = peek();
    if (token.operator("(")) {
      passed = passed();
    } else if (startsArgument(token)) {
      if (token.name("is")) {
        throw error("tests cannot be chained with 'is'");
      }
      passed = new Expression.Passed(List.of(postfix(primary())), Map.of(), null, null);
    }
    Expression result = new Expression.Tested(line, value, name, test, passed);
    return negated ? new Expression.Unary(line, "not", result) : result;
  }

  private static boolean startsArgument(Token token) {
    return switch (token.kind()) {
      case STRING, INTEGER, FLOAT -> true;
      case NAME -> !Set.of("else", "or", "and", "if").contains(token.text());
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      default -> false;
    };
  }

  private Filters.Filter filter(String name) {
    Filters.Filter filter = Filters.find(name);
    if (filter == null) {
      throw error("unknown filter '" + name + "'");
    }
    return filter;
  }

  private String dotted() {
    StringBuilder name = new StringBuilder(expect(Kind.NAME).text());
    while (skip(".")) {
      name.append('.').append(expect(Kind.NAME).text());
    }
    return name.toString();
  }

  private Expression.Passed passed() {
    deeper();
    expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    Map<String, Expression> named = new LinkedHashMap<>();
    Expression list = null;
    Expression map = null;
    boolean first = true;
    while (!peek().operator(")")) {
      if (!first) {
        expectOperator(",");
        if (peek().operator(")")) {
          break;
        }
      }
      first = false;
      if (skip("*")) {
        list = expression();
      } else if (skip("**")) {
        map = expression();
      } else if (peek().is(Kind.NAME) && peek(1).operator("=")) {
        String name = next().text();
        next();
        if (named.put(name, expression()) != null) {
          throw error("the argument '" + name + "' is given twice");
        }
      } else {
        if (!named.isEmpty() || list != null || map != null) {
          throw error("an argument by position stands behind one by name");
        }
        positional.add(expression());
      }
    }
    next();
    nesting--;
    return new Expression.Passed(positional, named, list, map);
  }

  private Expression primary() {
    Token token = next();
    int line = token.line();
    switch (token.kind()) {
      case NAME:
        Object constant = constant(token.text());
        return constant == Arguments.MISSING
            ? new Expression.Variable(line, token.text())
            : new Expression.Constant(line, constant);
      case STRING:
        StringBuilder text = new StringBuilder(token.text());
        while (peek().is(Kind.STRING)) {
          text.append(next().text());
        }
        return new Expression.Constant(line, text.toString());
      case INTEGER:
        return new Expression.Constant(line, Long.valueOf(token.text()));
      case FLOAT:
        return new Expression.Constant(line, Double.valueOf(token.text()));
      default:
        if (token.operator("(")) {
          return bracketed(line);
        }
        if (token.operator("[")) {
          return list(line);
        }
        if (token.operator("{")) {
          return map(line);
        }
        position--;
        throw error("expected a value, found " + token.shown());
    }
  }

  private static Object constant(String name) {
    return switch (name) {
      case "true", "True" -> true;
      case "false", "False" -> false;
      case "none", "None" -> null;
      default -> Arguments.MISSING;
    };
  }

  private Expression bracketed(int line) {
    if (skip(")")) {
      return new Expression.Sequence(line, List.of(), true);
    }
    Expression value = tuple(true);
    expectOperator(")");
    return value;
  }

  private Expression list(int line) {
    List<Expression> items = new ArrayList<>();
    while (!skip("]")) {
      if (!items.isEmpty()) {
        expectOperator(",");
        if (skip("]")) {
          break;
        }
      }
      items.add(expression());
    }
    return new Expression.Sequence(line, items, false);
  }

  private Expression map(int line) {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!skip("}")) {
      if (!keys.isEmpty()) {
        expectOperator(",");
        if (skip("}")) {
          break;
        }
      }
      keys.add(expression());
      expectOperator(":");
      values.add(expression());
    }
    return new Expression.Mapping(line, keys, values);
  }

  // ---- tokens ----

  private Token peek() {
    return tokens.get(position);
  }

  private Token peek(int ahead) {
    return tokens.get(Math.min(position + ahead, tokens.size() - 1));
  }

  private Token next() {
    Token token = tokens.get(position);
    if (position < tokens.size() - 1) {
      position++;
    }
    return token;
  }

  private boolean skip(String operator) {
    if (peek().operator(operator)) {
      next();
      return true;
    }
    return false;
  }

  private boolean skipName(String name) {
    if (peek().name(name)) {
      next();
      return true;
    }
    return false;
  }

  private void expectOperator(String operator) {
    if (!skip(operator)) {
      throw error("expected '" + operator + "', found " + peek().shown());
    }
  }

  private void expectName(String name) {
    if (!skipName(name)) {
      throw error("expected '" + name + "', found " + peek().shown());
    }
  }

  private Token expect(Kind kind) {
    if (!peek().is(kind)) {
      throw error("expected " + new Token(kind, "a name", 1).shown() + ", found " + peek().shown());
    }
    return next();
  }

  private void deeper() {
    if (++nesting > Limits.NESTING) {
      throw error("nested deeper than " + Limits.NESTING + " levels");
    }
  }

  private InvalidModelFile error(String message) {
    return new InvalidModelFile(what + ", line " + peek().line() + ": " + message);
  }
}
