// Values as text, for the message of a check that did not hold.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <hfasync/describe.hpp>

namespace hfasync::flows {

template <class T>
std::string show(const T& value);
template <class T>
std::string show(const std::vector<T>& values);
template <class T>
std::string show(const std::optional<T>& value);
template <class A, class B>
std::string show(const std::pair<A, B>& value);

template <class T>
std::string show(const T& value)
{
    if constexpr (std::is_same_v<T, bool>)
        return value ? "true" : "false";
    else if constexpr (std::is_arithmetic_v<T>)
        return std::to_string(value);
    else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        const std::string_view text = value;
        return '"' + std::string(text.substr(0, 300)) + (text.size() > 300 ? "...\"" : "\"");
    } else if constexpr (std::is_enum_v<T>)
        return "enumerator " + std::to_string(static_cast<int>(value));
    else if constexpr (requires { value.text_if_unknown(); })
        return value.known() ? show(value.value()) : show(value.text_if_unknown());
    else if constexpr (requires { value.text(); })
        return value.text();
    else if constexpr (requires { value.string(); })
        return value.string();
    else
        return "another value";
}
template <class T>
std::string show(const std::vector<T>& values)
{
    std::string out = "[";
    for (const auto& value : values)
        out += (out.size() > 1 ? ", " : "") + show(value);
    return (out.size() > 500 ? out.substr(0, 500) + "..." : out) + "]";
}
template <class T>
std::string show(const std::optional<T>& value)
{
    return value ? show(*value) : "nothing";
}
template <class A, class B>
std::string show(const std::pair<A, B>& value)
{
    return "(" + show(value.first) + ", " + show(value.second) + ")";
}

} // namespace hfasync::flows
