#pragma once

// Operators that can be flipped while the program runs. mutate.py writes `a < b` as
// `a < ::plazo_mutants::M17 < b`: the same precedence, the same operands, and `a <= b` where
// PLAZO_MUTANT=17. So all mutants of a source are compiled once.
//
// A flip that the types do not allow (time + time) ends the process with kImpossible when reached.

#include <cstdlib>
#include <type_traits>
#include <utility>

namespace plazo_mutants {

inline constexpr int kImpossible = 77;

inline int Active() {
  static const int active = [] {
    const char* given = std::getenv("PLAZO_MUTANT");
    return given == nullptr ? -1 : std::atoi(given);
  }();
  return active;
}

template <int kId>
struct Flip {};

#define PLAZO_FLIP(name, op, other)                                                               \
  template <int kId, typename L>                                                                  \
  struct name {                                                                                   \
    L&& left;                                                                                     \
  };                                                                                              \
  template <typename L, int kId>                                                                  \
  name<kId, L> operator op(L&& left, Flip<kId>) {                                                 \
    return {std::forward<L>(left)};                                                               \
  }                                                                                               \
  template <int kId, typename L, typename R>                                                      \
  auto operator op(name<kId, L>&& a, R&& right) {                                                 \
    using Result = std::decay_t<decltype(std::forward<L>(a.left) op std::forward<R>(right))>;     \
    if (Active() == kId) {                                                                        \
      if constexpr (requires { Result(std::forward<L>(a.left) other std::forward<R>(right)); }) { \
        return Result(std::forward<L>(a.left) other std::forward<R>(right));                      \
      } else {                                                                                    \
        std::_Exit(kImpossible);                                                                  \
      }                                                                                           \
    }                                                                                             \
    return Result(std::forward<L>(a.left) op std::forward<R>(right));                             \
  }

PLAZO_FLIP(Less, <, <=)
PLAZO_FLIP(LessEqual, <=, <)
PLAZO_FLIP(Greater, >, >=)
PLAZO_FLIP(GreaterEqual, >=, >)
PLAZO_FLIP(Equal, ==, !=)
PLAZO_FLIP(NotEqual, !=, ==)
PLAZO_FLIP(Plus, +, -)
PLAZO_FLIP(Minus, -, +)
#undef PLAZO_FLIP

}  // namespace plazo_mutants
