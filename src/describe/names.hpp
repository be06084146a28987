// The names of a described type's fields, made at compile time: no string is built and no hash computed at
// run time.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

#include <hfasync/describe.hpp>

namespace hfasync::detail {

/// Which spelling of names.
enum class Naming {
    wire,       ///< the Hub's: camelCase and the rules' exceptions
    documented, ///< snake_case: `hfasync api`, its arguments and printing
};

/// A short text that constant expressions can build.
struct FixedText {
    static constexpr std::size_t capacity = 56;
    std::array<char, capacity> data{};
    std::size_t size = 0;
    constexpr void push_back(char c) { data.at(size++) = c; } // a longer name does not compile
    constexpr std::string_view view() const { return {data.data(), size}; }
};

/// "private_" is C++'s way to spell `private`.
constexpr std::string_view without_trailing_underscore(std::string_view name)
{
    if (name.ends_with('_')) name.remove_suffix(1);
    return name;
}

/// last_modified -> lastModified, private_ -> private, gguf -> gguf.
constexpr FixedText camel_case(std::string_view snake)
{
    FixedText out;
    bool upper = false;
    for (char c : without_trailing_underscore(snake)) {
        if (c == '_') {
            upper = true;
            continue;
        }
        out.push_back(upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
        upper = false;
    }
    return out;
}

template <Described T>
inline constexpr auto fields_of = hfasync_fields(static_cast<T*>(nullptr));
template <Described T>
inline constexpr std::size_t field_count =
    std::tuple_size_v<decltype(hfasync_fields(static_cast<T*>(nullptr)))>;

template <Described T, std::size_t I>
inline constexpr FieldRule field_rule = rule_of<T>(std::get<I>(fields_of<T>).name);
template <Described T, std::size_t I>
inline constexpr FixedText camel_name = camel_case(std::get<I>(fields_of<T>).name);

template <Described T, std::size_t I>
constexpr std::string_view wire_name()
{
    return field_rule<T, I>.wire.empty() ? camel_name<T, I>.view() : field_rule<T, I>.wire;
}
template <Described T, std::size_t I>
constexpr std::string_view documented_name()
{
    return without_trailing_underscore(std::get<I>(fields_of<T>).name);
}
template <Described T, std::size_t I>
constexpr std::string_view field_name(Naming naming)
{
    return naming == Naming::wire ? wire_name<T, I>() : documented_name<T, I>();
}

/// Calls f(std::integral_constant<std::size_t, I>) for each field.
template <Described T, class F>
constexpr void for_each_index_of(F&& f)
{
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (f(std::integral_constant<std::size_t, I>{}), ...);
    }(std::make_index_sequence<field_count<T>>{});
}

/// Every rule names a field: a misspelt one would be ignored in silence.
template <Described T>
constexpr bool rules_name_fields()
{
    return std::ranges::all_of(field_rules<T>, [](const FieldRule& rule) {
        bool found = false;
        for_each_index_of<T>(
            [&](auto i) { found = found || std::get<i()>(fields_of<T>).name == rule.field; });
        return found;
    });
}

struct NameEntry {
    std::string_view name;
    std::uint16_t field = 0;
    bool also = false; ///< the second spelling
};

/// Finds fields by name: buckets by length, then a comparison or two.
template <Described T, Naming N>
class NameTable {
public:
    static constexpr const NameEntry* find(std::string_view name) noexcept
    {
        if (name.size() > longest) return nullptr;
        for (std::size_t i = first[name.size()]; i < first[name.size() + 1]; ++i)
            if (entries[i].name == name) return &entries[i];
        return nullptr;
    }

private:
    static constexpr std::size_t count = [] {
        std::size_t n = 0;
        for_each_index_of<T>([&](auto i) {
            constexpr FieldRule rule = field_rule<T, i()>;
            if (!rule.flatten) n += rule.also.empty() || rule.also == field_name<T, i()>(N) ? 1 : 2;
        });
        return n;
    }();

    static constexpr std::array<NameEntry, count> entries = [] {
        std::array<NameEntry, count> out{};
        std::size_t n = 0;
        for_each_index_of<T>([&](auto i) {
            constexpr FieldRule rule = field_rule<T, i()>;
            if (rule.flatten) return;
            const auto name = field_name<T, i()>(N);
            out[n++] = {name, i(), false};
            if (!rule.also.empty() && rule.also != name) out[n++] = {rule.also, i(), true};
        });
        std::sort(out.begin(), out.end(), [](const NameEntry& a, const NameEntry& b) {
            return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name;
        });
        return out;
    }();
    static_assert(std::adjacent_find(entries.begin(), entries.end(),
                                     [](const NameEntry& a, const NameEntry& b) {
                                         return a.name == b.name;
                                     }) == entries.end(),
                  "two fields of a described type have the same name");

    static constexpr std::size_t longest = count == 0 ? 0 : entries[count == 0 ? 0 : count - 1].name.size();
    static constexpr std::array<std::uint16_t, longest + 2> first = [] {
        std::array<std::uint16_t, longest + 2> out{};
        for (std::size_t length = 0; length < out.size(); ++length)
            out[length] = static_cast<std::uint16_t>(
                std::count_if(entries.begin(), entries.end(),
                              [length](const NameEntry& entry) { return entry.name.size() < length; }));
        return out;
    }();
};

/// Text of an enumerator; "static_" reads "static".
template <DescribedEnum E>
constexpr std::string_view enum_text(E value)
{
    for (const auto& known : hfasync_enum_texts(static_cast<E*>(nullptr)))
        if (known.value == value) return without_trailing_underscore(known.text);
    return {};
}

} // namespace hfasync::detail
