package org.safety4j.core.text.jinja;

import java.util.List;
import java.util.Map;

/** A part of a template that writes output or changes variables. */
interface Statement {
  /** Where rendering goes on. */
  enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  Flow render(Machine m, Frame frame, StringBuilder out);

  static Flow all(List<Statement> body, Machine m, Frame frame, StringBuilder out) {
    m.enter();
    for (Statement statement : body) {
      Flow flow = statement.render(m, frame, out);
      if (flow != Flow.NEXT) {
        m.exit();
        return flow;
      }
    }
    m.exit();
    return Flow.NEXT;
  }

  /** Fixed text. */
  record Data(String text) implements Statement {
    @Override
    public Flow render(Machine m, Frame frame, StringBuilder out) {
      m.append(out, text);
      return Flow.NEXT;
    }
  }

  /** The text of a value. */
  record Output(Expression value) implements Statement {
    @Override
    public Flow render(Machine m, Frame frame, StringBuilder out) {
      m.append(out, Values.text(m, value.value(m, frame)));
      return Flow.NEXT;
    }
  }

  /** Conditions with their bodies; a null condition is the last {@code else}. */
  record If(List<Expression> conditions, List<List<Statement>> bodies) implements Statement {
    @Override
    public Flow render(Machine m, Frame frame, StringBuilder out) {
      for (int i = 0; i < conditions.size(); i++) {
        Expression condition = conditions.get(i);
        if (condition == null || Values.truth(condition.value(m, frame))) {
          return all(bodies.get(i), m, frame, out);
        }
      }
      return Flow.NEXT;
    }
  }

  /** A loop; each turn has variables of its own. */
  record For(
      Target target,
      Expression source,
      Expression condition,
      List<Statement> body,
      List<Statement> otherwise)
      implements Statement {
    @Override
    public Flow render(Machine m, Frame frame, StringBuilder out) {
      List<Object> items = Values.items(m, source.value(m, frame));
      if (condition != null) {
        List<Object> kept = new java.util.ArrayList<>();
        for (Object item : items) {
          Frame turn = new Frame(frame);
          target.assign(m, turn, item);
          if (Values.truth(condition.value(m, turn))) {
            kept.add(item);
          }
        }
        items = kept;
      }
      Loop loop = new Loop(items);
      while (loop.advance()) {
        m.step(1);
        Frame turn = new Frame(frame);
        turn.set("loop", loop);
        target.assign(m, turn, loop.current());
        if (all(body, m, turn, out) == Flow.BREAK) {
          break;
        }
      }
      return items.isEmpty() ? all(otherwise, m, new Frame(frame), out) : Flow.NEXT;
    }
  }

  /** Assigns a value. */
  record Set(Target target, Expression value) implements Statement {
    @Override
    public Flow render(Machine m, Frame frame, StringBuilder out) {
      target.assign(m, frame, value.value(m, frame));
      return Flow.NEXT;
    }
  }

  /** A body whose output is kept, filtered, then assigned or written. */
  record Captured(
      Target target, List<Statement> body, java.util.function.UnaryOperator<Expression> filters)
      implements Statement {
    @Override
    public Flow render(Machine m, Frame frame, StringBuilder out) {
      StringBuilder inner = new StringBuilder();
      all(body, m, new Frame(frame), inner);
      Object value = filters.apply(new Expression.Constant(1, inner.toString())).value(m, frame);
      if (target == null) {
        m.append(out, Values.text(m, value));
      } else {
        target.assign(m, frame, value);
      }
      return Flow.NEXT;
    }
  }

  /** A body with variables of its own. */
  record Scoped(List<String> names, List<Expression> values, List<Statement> body)
      implements Statement {
    @Override
    public Flow render(Machine m, Frame frame, StringBuilder out) {
      Frame inner = new Frame(frame);
      for (int i = 0; i < names.size(); i++) {
        inner.set(names.get(i), values.get(i).value(m, frame));
      }
      return all(body, m, inner, out);
    }
  }

  /** Defines a macro. */
  record Define(String name, Signature signature) implements Statement {
    @Override
    public Flow render(Machine m, Frame frame, StringBuilder out) {
      frame.set(name, signature.macro(name, frame));
      return Flow.NEXT;
    }
  }

  /** Calls a macro that may call its body back. */
  record CallBlock(Expression.Call call, Signature signature) implements Statement {
    @Override
    public Flow render(Machine m, Frame frame, StringBuilder out) {
      m.append(out, Values.text(m, call.call(m, frame, signature.macro("caller", frame))));
      return Flow.NEXT;
    }
  }

  /** {@code break} and {@code continue}. */
  record Jump(Flow flow) implements Statement {
    @Override
    public Flow render(Machine m, Frame frame, StringBuilder out) {
      m.step(1);
      return flow;
    }
  }

  /** Parameters with their defaults (null where there is none) and a body. */
  record Signature(List<String> names, List<Expression> defaults, List<Statement> body) {
    Callable macro(String name, Frame definedIn) {
      return (m, arguments) -> {
        m.enter();
        Frame frame = new Frame(definedIn);
        List<Object> given = arguments.positional();
        Map<String, Object> named = new java.util.LinkedHashMap<>(arguments.named());
        for (int i = 0; i < names.size(); i++) {
          String parameter = names.get(i);
          if (i < given.size()) {
            if (named.containsKey(parameter)) {
              throw m.fail("macro '" + name + "' is given '" + parameter + "' twice");
            }
            frame.set(parameter, given.get(i));
          } else if (named.containsKey(parameter)) {
            frame.set(parameter, named.remove(parameter));
          } else if (defaults.get(i) != null) {
            frame.set(parameter, defaults.get(i).value(m, frame));
          } else {
            frame.set(
                parameter,
                new Undefined("argument '" + parameter + "' of '" + name + "' was not given"));
          }
        }
        if (named.containsKey("caller")) {
          frame.set("caller", named.remove("caller"));
        }
        frame.set(
            "varargs",
            new Tuple(given.subList(Math.min(names.size(), given.size()), given.size())));
        frame.set("kwargs", new java.util.LinkedHashMap<Object, Object>(named));
        StringBuilder out = new StringBuilder();
        all(body, m, frame, out);
        m.exit();
        return out.toString();
      };
    }
  }

  /** What an assignment assigns to: a name, an attribute of a namespace, or several names. */
  interface Target {
    void assign(Machine m, Frame frame, Object value);

    /** One variable. */
    record One(String name) implements Target {
      @Override
      public void assign(Machine m, Frame frame, Object value) {
        frame.set(name, value);
      }
    }

    /** An attribute of a namespace. */
    record Field(String object, String name) implements Target {
      @Override
      public void assign(Machine m, Frame frame, Object value) {
        if (!(frame.get(object) instanceof Namespace namespace)) {
          throw m.fail("only attributes of a namespace can be set, '" + object + "' is not one");
        }
        namespace.attributes.put(name, value);
      }
    }

    /** Several targets that share the items of the value. */
    record Several(List<Target> targets) implements Target {
      @Override
      public void assign(Machine m, Frame frame, Object value) {
        List<Object> items = Values.items(m, Values.defined(m, value));
        if (items.size() != targets.size()) {
          throw m.fail(targets.size() + " names cannot take " + items.size() + " values");
        }
        for (int i = 0; i < items.size(); i++) {
          targets.get(i).assign(m, frame, items.get(i));
        }
      }
    }
  }
}
