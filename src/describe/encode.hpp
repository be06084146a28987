// encode<T>: writers for the types that fields may have. Include describe/json.hpp, which includes this.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "describe/names.hpp"

namespace hfasync::detail {

/// Writes a T; specialised per kind of type: static value write(const T&, Naming).
template <class T, class = void>
struct Writer;

template <class T>
boost::json::value write_value(const T& value, Naming naming)
{
    return Writer<T>::write(value, naming);
}

inline boost::json::string_view json_text(std::string_view text)
{
    return {text.data(), text.size()};
}

/// What is left out of an object that goes to the Hub.
template <class T>
bool is_absent(const T&)
{
    return is_opaque<T>;
}
template <class T>
bool is_absent(const std::optional<T>& value)
{
    return !value.has_value();
}
inline bool is_absent(const Json& value)
{
    return value.is_null();
}

template <class T>
struct Writer<T, std::enable_if_t<std::is_arithmetic_v<T>>> {
    static boost::json::value write(T value, Naming) { return value; }
};

template <>
struct Writer<std::string> {
    static boost::json::value write(const std::string& value, Naming) { return json_text(value); }
};

template <>
struct Writer<std::filesystem::path> {
    static boost::json::value write(const std::filesystem::path& value, Naming)
    {
        return json_text(value.string());
    }
};

template <>
struct Writer<Timestamp> {
    static boost::json::value write(Timestamp value, Naming) { return json_text(format_timestamp(value)); }
};

template <class Rep, class Period>
struct Writer<std::chrono::duration<Rep, Period>> {
    static boost::json::value write(std::chrono::duration<Rep, Period> value, Naming)
    {
        return std::chrono::duration<double>(value).count();
    }
};

template <>
struct Writer<Json> {
    static boost::json::value write(const Json& value, Naming) { return value.value(); }
};

template <>
struct Writer<RepoType> {
    static boost::json::value write(RepoType value, Naming) { return json_text(to_string(value)); }
};

/// A token's text is never written.
template <>
struct Writer<Token> {
    static boost::json::value write(const Token& value, Naming)
    {
        switch (value.kind()) {
        case Token::Kind::none:
            return false;
        case Token::Kind::required:
            return true;
        case Token::Kind::text:
            return "<redacted>";
        case Token::Kind::unset:
            break;
        }
        return nullptr;
    }
};

template <class E>
struct Writer<E, std::enable_if_t<DescribedEnum<E> && std::is_enum_v<E>>> {
    static boost::json::value write(E value, Naming) { return json_text(enum_text(value)); }
};

template <class E>
struct Writer<Open<E>> {
    static boost::json::value write(const Open<E>& value, Naming)
    {
        return json_text(value.known() ? enum_text(value.value())
                                       : std::string_view(value.text_if_unknown()));
    }
};

template <class T>
struct Writer<std::optional<T>> {
    static boost::json::value write(const std::optional<T>& value, Naming naming)
    {
        return value ? write_value(*value, naming) : boost::json::value(nullptr);
    }
};

template <class Range>
boost::json::value write_range(const Range& range, Naming naming)
{
    boost::json::array out;
    out.reserve(range.size());
    for (const auto& element : range)
        out.push_back(write_value(element, naming));
    return out;
}

template <>
struct Writer<Strings> {
    static boost::json::value write(const Strings& value, Naming naming)
    {
        return write_range(value.values(), naming);
    }
};

template <class T>
struct Writer<std::vector<T>> {
    static boost::json::value write(const std::vector<T>& value, Naming naming)
    {
        return write_range(value, naming);
    }
};

template <>
struct Writer<std::vector<bool>> {
    static boost::json::value write(const std::vector<bool>& value, Naming)
    {
        return boost::json::array(value.begin(), value.end());
    }
};

template <class T>
struct Writer<std::map<std::string, T>> {
    static boost::json::value write(const std::map<std::string, T>& value, Naming naming)
    {
        boost::json::object out;
        out.reserve(value.size());
        for (const auto& [key, element] : value)
            out.emplace(json_text(key), write_value(element, naming));
        return out;
    }
};

template <class A, class B>
struct Writer<std::pair<A, B>> {
    static boost::json::value write(const std::pair<A, B>& value, Naming naming)
    {
        return boost::json::array{write_value(value.first, naming), write_value(value.second, naming)};
    }
};

template <>
struct Writer<std::monostate> {
    static boost::json::value write(std::monostate, Naming) { return nullptr; }
};

template <class... T>
struct Writer<std::variant<T...>> {
    static boost::json::value write(const std::variant<T...>& value, Naming naming)
    {
        return std::visit([naming](const auto& alternative) { return write_value(alternative, naming); },
                          value);
    }
};

template <Described T>
void write_members(const T& value, Naming naming, boost::json::object& out)
{
    for_each_index_of<T>([&](auto i) {
        constexpr FieldRule rule = field_rule<T, i()>;
        const auto& member = value.*std::get<i()>(fields_of<T>).pointer;
        using Member = std::remove_cvref_t<decltype(member)>;
        if constexpr (rule.flatten) {
            if constexpr (is_optional<Member>) {
                if (member) write_members(*member, naming, out);
            } else {
                write_members(member, naming, out);
            }
        } else if constexpr (!is_opaque<Member>) {
            if (naming == Naming::documented ? !rule.printed : is_absent(member)) return;
            if constexpr (rule.only_true && std::is_same_v<Member, bool>)
                if (naming == Naming::wire && !member) return;
            out.emplace(json_text(field_name<T, i()>(naming)), write_value(member, naming));
        }
    });
}

template <class T>
struct Writer<T, std::enable_if_t<Described<T>>> {
    static boost::json::value write(const T& value, Naming naming)
    {
        boost::json::object out;
        out.reserve(field_count<T>);
        write_members(value, naming, out);
        return out;
    }
};

template <class T>
boost::json::value encode(const T& value, Naming naming)
{
    return write_value(value, naming);
}

} // namespace hfasync::detail
