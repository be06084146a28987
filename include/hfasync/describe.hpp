// The one description of a type's fields. JSON, query, CLI flags and printing all read it.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace hfasync {

/// One member of a described type.
template <class Class, class Member>
struct Field {
    using class_type = Class;
    using member_type = Member;
    std::string_view name; ///< snake_case, as documented
    Member Class::* pointer;
};

/// An exception to the rule for one field. Everything not stated follows the rule: wire name = camelCase of
/// the member's name, in JSON and in queries.
struct FieldRule {
    std::string_view field;
    std::string_view wire{};   ///< other spelling on the wire; empty: camelCase
    std::string_view also{};   ///< a second accepted spelling when decoding
    std::string_view query{};  ///< other spelling in a URL query; several fields may share it
    std::string_view prefix{}; ///< in a query: put before each text that does not begin with it
    bool in_query = true;      ///< false: never part of a URL query
    bool only_true = false;    ///< a bool that is sent when true only
    bool flatten = false;      ///< a described member whose fields stand in the enclosing object
    bool printed = true;       ///< false: left out of documented output (`hfasync api`, printing)
    bool required = false;     ///< decoding fails when absent or null
    std::string_view help{};   ///< one sentence for --help
};

/// Exceptions of T's fields; specialise beside the type (an std::array<FieldRule, N>).
template <class T>
inline constexpr std::array<FieldRule, 0> field_rules{};

/// The texts of an enum, in the order of its enumerators (HFASYNC_DESCRIBE_ENUM makes it).
template <class E>
struct EnumText {
    E value;
    std::string_view text;
};

/// An enum as the Hub sends it: a value that is not known keeps its text.
template <class E>
class Open {
public:
    constexpr Open() = default;
    constexpr Open(E value) : value_(value) {}
    static Open unknown(std::string_view text)
    {
        Open o;
        o.known_ = false;
        o.text_ = text;
        return o;
    }
    bool known() const noexcept { return known_; }
    E value() const noexcept { return value_; } ///< meaningful when known()
    const std::string& text_if_unknown() const noexcept { return text_; }
    friend bool operator==(const Open&, const Open&) = default;
    friend bool operator==(const Open& a, E b) { return a.known_ && a.value_ == b; }

private:
    E value_{};
    bool known_ = true;
    std::string text_;
};

namespace detail {

template <class C, class M>
constexpr Field<C, M> make_field(std::string_view name, M C::* pointer)
{
    return {name, pointer};
}

template <class T>
concept Described = requires(T* p) { hfasync_fields(p); };
template <class E>
concept DescribedEnum = requires(E* p) { hfasync_enum_texts(p); };

/// Calls f(Field) for every field of T.
template <Described T, class F>
constexpr void for_each_field(F&& f)
{
    std::apply([&](const auto&... field) { (f(field), ...); }, hfasync_fields(static_cast<T*>(nullptr)));
}

template <class T>
constexpr FieldRule rule_of(std::string_view field)
{
    for (const FieldRule& r : field_rules<T>)
        if (r.field == field) return r;
    return FieldRule{.field = field};
}

} // namespace detail
} // namespace hfasync

// A recursive FOR_EACH by __VA_OPT__: BOOST_DESCRIBE stops at 52 members, this one at 256.
#define HFASYNC_PARENS_ ()
#define HFASYNC_EXPAND_(...)                                                                                 \
    HFASYNC_EXPAND3_(HFASYNC_EXPAND3_(HFASYNC_EXPAND3_(HFASYNC_EXPAND3_(__VA_ARGS__))))
#define HFASYNC_EXPAND3_(...)                                                                                \
    HFASYNC_EXPAND2_(HFASYNC_EXPAND2_(HFASYNC_EXPAND2_(HFASYNC_EXPAND2_(__VA_ARGS__))))
#define HFASYNC_EXPAND2_(...)                                                                                \
    HFASYNC_EXPAND1_(HFASYNC_EXPAND1_(HFASYNC_EXPAND1_(HFASYNC_EXPAND1_(__VA_ARGS__))))
#define HFASYNC_EXPAND1_(...)                                                                                \
    HFASYNC_EXPAND0_(HFASYNC_EXPAND0_(HFASYNC_EXPAND0_(HFASYNC_EXPAND0_(__VA_ARGS__))))
#define HFASYNC_EXPAND0_(...) __VA_ARGS__
#define HFASYNC_FOR_EACH_(macro, arg, ...)                                                                   \
    __VA_OPT__(HFASYNC_EXPAND_(HFASYNC_FOR_EACH_STEP_(macro, arg, __VA_ARGS__)))
#define HFASYNC_FOR_EACH_STEP_(macro, arg, first, ...)                                                       \
    macro(arg, first) __VA_OPT__(, HFASYNC_FOR_EACH_AGAIN_ HFASYNC_PARENS_(macro, arg, __VA_ARGS__))
#define HFASYNC_FOR_EACH_AGAIN_() HFASYNC_FOR_EACH_STEP_

#define HFASYNC_FIELD_(Type, member) ::hfasync::detail::make_field(#member, &Type::member)
#define HFASYNC_ENUM_TEXT_(Enum, name)                                                                       \
    ::hfasync::EnumText<Enum>                                                                                \
    {                                                                                                        \
        Enum::name, #name                                                                                    \
    }

/// Describes an aggregate, in its own namespace, after its definition. src/describe checks that no field is
/// forgotten.
#define HFASYNC_DESCRIBE(Type, ...)                                                                          \
    [[maybe_unused]] constexpr auto hfasync_fields(Type*)                                                    \
    {                                                                                                        \
        return std::make_tuple(HFASYNC_FOR_EACH_(HFASYNC_FIELD_, Type, __VA_ARGS__));                        \
    }

/// Describes an enum whose texts are its enumerators' names.
#define HFASYNC_DESCRIBE_ENUM(Enum, ...)                                                                     \
    [[maybe_unused]] constexpr auto hfasync_enum_texts(Enum*)                                                \
    {                                                                                                        \
        return std::array{HFASYNC_FOR_EACH_(HFASYNC_ENUM_TEXT_, Enum, __VA_ARGS__)};                         \
    }
