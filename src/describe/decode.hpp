// decode<T>: readers for the types that fields may have. Include describe/json.hpp, which includes this.
#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <hfasync/json_value.hpp>
#include <hfasync/repo_id.hpp>
#include <hfasync/strings.hpp>
#include <hfasync/time.hpp>
#include <hfasync/token.hpp>

#include "describe/names.hpp"

namespace hfasync::detail {

/// The way from the root to a value, as nodes on the stack: text is made on failure only.
struct JsonPath {
    const JsonPath* parent = nullptr;
    std::string_view key{};
    std::size_t index = 0;
    bool is_index = false;
};

/// What all readers of one decode() share. Readers answer false on failure, since a variant that tries its
/// alternatives must not pay for exceptions.
struct DecodeState {
    const DecodeContext& context;
    Naming naming;
    Unknown unknown;
    int trying = 0; ///< inside of a variant: failures need no text
    std::string failed_path{};
    std::string failure{};

    /// Records a wrong kind; false always.
    bool wrong_kind(const boost::json::value& value, const JsonPath& path, std::string_view expected);
    /// Records "<path> <why>"; false always.
    bool fail(const JsonPath& path, std::string why);
    bool unknown_name(const JsonPath& path, const std::string& known);
    [[noreturn]] void raise() const;
};

/// Reads a T; specialised per kind of type: static bool read(const value&, T&, DecodeState&, const
/// JsonPath&).
template <class T, class = void>
struct Reader;

template <class T>
bool read_value(const boost::json::value& value, T& out, DecodeState& state, const JsonPath& path)
{
    return Reader<T>::read(value, out, state, path);
}

// Members that only code can set (callbacks, shared objects) are no arguments and no JSON.
template <class T>
inline constexpr bool is_opaque = false;
template <class S>
inline constexpr bool is_opaque<std::function<S>> = true;
template <class T>
inline constexpr bool is_opaque<std::shared_ptr<T>> = true;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

// ---- scalars
// ------------------------------------------------------------------------------------------------

bool read_bool(const boost::json::value& value, bool& out, DecodeState& state, const JsonPath& path);
bool read_string(const boost::json::value& value, std::string& out, DecodeState& state, const JsonPath& path);
bool read_double(const boost::json::value& value, double& out, DecodeState& state, const JsonPath& path);
/// Integers of both signs within [low, high]; the value is exact, or it fails.
bool read_signed(const boost::json::value& value, std::int64_t& out, std::int64_t low, std::int64_t high,
                 DecodeState& state, const JsonPath& path);
bool read_unsigned(const boost::json::value& value, std::uint64_t& out, std::uint64_t high,
                   DecodeState& state, const JsonPath& path);
bool read_timestamp(const boost::json::value& value, Timestamp& out, DecodeState& state,
                    const JsonPath& path);
bool read_json(const boost::json::value& value, Json& out);
bool read_token(const boost::json::value& value, Token& out, DecodeState& state, const JsonPath& path);
bool read_strings(const boost::json::value& value, Strings& out, DecodeState& state, const JsonPath& path);
bool read_repo_type(const boost::json::value& value, RepoType& out, DecodeState& state, const JsonPath& path);

#define HFASYNC_READER(Type, function)                                                                       \
    template <>                                                                                              \
    struct Reader<Type> {                                                                                    \
        static bool read(const boost::json::value& value, Type& out, DecodeState& state,                     \
                         const JsonPath& path)                                                               \
        {                                                                                                    \
            return function(value, out, state, path);                                                        \
        }                                                                                                    \
    };
HFASYNC_READER(bool, read_bool)
HFASYNC_READER(std::string, read_string)
HFASYNC_READER(double, read_double)
HFASYNC_READER(Timestamp, read_timestamp)
HFASYNC_READER(Token, read_token)
HFASYNC_READER(Strings, read_strings)
HFASYNC_READER(RepoType, read_repo_type)
#undef HFASYNC_READER

template <>
struct Reader<Json> {
    static bool read(const boost::json::value& value, Json& out, DecodeState&, const JsonPath&)
    {
        return read_json(value, out);
    }
};

template <class T>
struct Reader<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>> {
    static bool read(const boost::json::value& value, T& out, DecodeState& state, const JsonPath& path)
    {
        using Limits = std::numeric_limits<T>;
        if constexpr (std::is_signed_v<T>) {
            std::int64_t wide = 0;
            if (!read_signed(value, wide, Limits::min(), Limits::max(), state, path)) return false;
            out = static_cast<T>(wide);
        } else {
            std::uint64_t wide = 0;
            if (!read_unsigned(value, wide, Limits::max(), state, path)) return false;
            out = static_cast<T>(wide);
        }
        return true;
    }
};

template <>
struct Reader<std::filesystem::path> {
    static bool read(const boost::json::value& value, std::filesystem::path& out, DecodeState& state,
                     const JsonPath& path)
    {
        std::string text;
        if (!read_string(value, text, state, path)) return false;
        out = std::move(text);
        return true;
    }
};

/// Seconds.
template <class Rep, class Period>
struct Reader<std::chrono::duration<Rep, Period>> {
    static bool read(const boost::json::value& value, std::chrono::duration<Rep, Period>& out,
                     DecodeState& state, const JsonPath& path)
    {
        double seconds = 0;
        if (!read_double(value, seconds, state, path)) return false;
        out = std::chrono::duration_cast<std::chrono::duration<Rep, Period>>(
            std::chrono::duration<double>(seconds));
        return true;
    }
};

bool unknown_enum_text(std::string_view text, const std::string& known, DecodeState& state,
                       const JsonPath& path);

template <DescribedEnum E>
std::optional<E> find_enum(std::string_view text)
{
    for (const auto& known : hfasync_enum_texts(static_cast<E*>(nullptr)))
        if (without_trailing_underscore(known.text) == text) return known.value;
    return std::nullopt;
}

template <class E>
struct Reader<E, std::enable_if_t<DescribedEnum<E> && std::is_enum_v<E>>> {
    static bool read(const boost::json::value& value, E& out, DecodeState& state, const JsonPath& path)
    {
        const auto* text = value.if_string();
        if (!text) return state.wrong_kind(value, path, "a string");
        const auto found = find_enum<E>({text->data(), text->size()});
        if (!found) {
            std::string known;
            for (const auto& entry : hfasync_enum_texts(static_cast<E*>(nullptr)))
                known.append(known.empty() ? "" : ", ").append(without_trailing_underscore(entry.text));
            return unknown_enum_text({text->data(), text->size()}, known, state, path);
        }
        out = *found;
        return true;
    }
};

template <class E>
struct Reader<Open<E>> {
    static bool read(const boost::json::value& value, Open<E>& out, DecodeState& state, const JsonPath& path)
    {
        const auto* text = value.if_string();
        if (!text) return state.wrong_kind(value, path, "a string");
        const std::string_view view(text->data(), text->size());
        const auto found = find_enum<E>(view);
        out = found ? Open<E>(*found) : Open<E>::unknown(view);
        return true;
    }
};

// ---- compounds
// ----------------------------------------------------------------------------------------------

template <class T>
struct Reader<std::optional<T>> {
    static bool read(const boost::json::value& value, std::optional<T>& out, DecodeState& state,
                     const JsonPath& path)
    {
        if (value.is_null()) {
            out.reset();
            return true;
        }
        return read_value(value, out.emplace(), state, path);
    }
};

template <class T>
struct Reader<std::vector<T>> {
    static bool read(const boost::json::value& value, std::vector<T>& out, DecodeState& state,
                     const JsonPath& path)
    {
        const auto* array = value.if_array();
        if (!array) return state.wrong_kind(value, path, "an array");
        out.clear();
        out.reserve(array->size());
        for (const auto& element : *array) {
            const JsonPath here{.parent = &path, .index = out.size(), .is_index = true};
            if (!read_value(element, out.emplace_back(), state, here)) return false;
        }
        return true;
    }
};

template <class T>
struct Reader<std::map<std::string, T>> {
    static bool read(const boost::json::value& value, std::map<std::string, T>& out, DecodeState& state,
                     const JsonPath& path)
    {
        const auto* object = value.if_object();
        if (!object) return state.wrong_kind(value, path, "an object");
        out.clear();
        for (const auto& member : *object) {
            const JsonPath here{.parent = &path, .key = {member.key().data(), member.key().size()}};
            T& element = out[std::string(here.key)];
            if (!member.value().is_null() && !read_value(member.value(), element, state, here)) return false;
        }
        return true;
    }
};

/// An array of two.
template <class A, class B>
struct Reader<std::pair<A, B>> {
    static bool read(const boost::json::value& value, std::pair<A, B>& out, DecodeState& state,
                     const JsonPath& path)
    {
        const auto* array = value.if_array();
        if (!array || array->size() != 2) return state.wrong_kind(value, path, "an array of two");
        const JsonPath first{.parent = &path, .index = 0, .is_index = true};
        const JsonPath second{.parent = &path, .index = 1, .is_index = true};
        return read_value((*array)[0], out.first, state, first) &&
               read_value((*array)[1], out.second, state, second);
    }
};

template <>
struct Reader<std::monostate> {
    static bool read(const boost::json::value& value, std::monostate&, DecodeState& state,
                     const JsonPath& path)
    {
        return value.is_null() || state.wrong_kind(value, path, "null");
    }
};

/// The first alternative that fits.
template <class... T>
struct Reader<std::variant<T...>> {
    static bool read(const boost::json::value& value, std::variant<T...>& out, DecodeState& state,
                     const JsonPath& path)
    {
        ++state.trying;
        const bool fits = (attempt<T>(value, out, state, path) || ...);
        --state.trying;
        return fits || state.wrong_kind(value, path, "one of the documented alternatives");
    }

private:
    template <class U>
    static bool attempt(const boost::json::value& value, std::variant<T...>& out, DecodeState& state,
                        const JsonPath& path)
    {
        U candidate{};
        if (!read_value(value, candidate, state, path)) return false;
        out = std::move(candidate);
        return true;
    }
};

} // namespace hfasync::detail

#include "describe/decode_object.hpp"
