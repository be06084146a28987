// Command-line flags of a described options type; knows nothing of the parser that reads the command line.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "describe/json.hpp"

namespace hfasync::detail {

enum class FlagKind {
    toggle, ///< bool: `--x`, `--no-x`, `--x=true`, `--x=false`
    integer,
    number,
    text,  ///< also times, paths and enums
    maybe, ///< true, false or a text (a token, `gated`)
    json,  ///< objects, maps and lists of them, as JSON text
};

struct FlagSpec {
    std::string flag;  ///< "--files-metadata"
    std::string field; ///< "files_metadata"
    FlagKind kind = FlagKind::text;
    bool repeated = false;            ///< each use adds an element of `kind`
    std::vector<std::string> choices; ///< of an enum; empty: any
    std::string help;
};

/// "files_metadata" -> "--files-metadata".
std::string flag_name(std::string_view field);
/// What was given, as (flag, text) in the order of the command line, as an object that
/// decode<Options>(object, ..., Naming::documented, Unknown::refuse) reads. `--no-x` and a toggle with an
/// empty text are understood. \throws ValueError naming the flag: unknown, given twice, or with a text that
/// is not of its kind.
boost::json::object arguments_of_flags(const std::vector<FlagSpec>& specs,
                                       const std::vector<std::pair<std::string, std::string>>& given);

template <class T>
struct FlagOf {
    static void fill(FlagSpec& spec)
    {
        if constexpr (std::is_same_v<T, bool>) {
            spec.kind = FlagKind::toggle;
        } else if constexpr (std::is_integral_v<T>) {
            spec.kind = FlagKind::integer;
        } else if constexpr (std::is_floating_point_v<T>) {
            spec.kind = FlagKind::number;
        } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::filesystem::path> ||
                             std::is_same_v<T, Timestamp>) {
            spec.kind = FlagKind::text;
        } else if constexpr (std::is_same_v<T, Token>) {
            spec.kind = FlagKind::maybe;
        } else if constexpr (std::is_same_v<T, RepoType>) {
            spec.choices = {"model", "dataset", "space"};
        } else if constexpr (std::is_enum_v<T>) {
            for (const auto& known : hfasync_enum_texts(static_cast<T*>(nullptr)))
                spec.choices.emplace_back(without_trailing_underscore(known.text));
        } else if constexpr (std::is_same_v<T, Strings>) {
            spec.repeated = true;
        } else {
            spec.kind = FlagKind::json;
        }
    }
};
template <class T>
struct FlagOf<std::optional<T>> : FlagOf<T> {};
template <class E>
struct FlagOf<Open<E>> {
    static void fill(FlagSpec& spec)
    {
        spec.kind = FlagKind::text;
    } // the Hub may know more than this library
};
template <class Rep, class Period>
struct FlagOf<std::chrono::duration<Rep, Period>> {
    static void fill(FlagSpec& spec) { spec.kind = FlagKind::number; }
};
template <>
struct FlagOf<std::variant<bool, std::string>> {
    static void fill(FlagSpec& spec) { spec.kind = FlagKind::maybe; }
};
template <class T>
struct FlagOf<std::vector<T>> {
    static void fill(FlagSpec& spec)
    {
        FlagOf<T>::fill(spec);
        if (spec.repeated || spec.kind == FlagKind::json)
            spec = {.flag = spec.flag, .field = spec.field, .kind = FlagKind::json, .help = spec.help};
        else
            spec.repeated = true;
    }
};

template <Described T>
void append_flags(std::vector<FlagSpec>& out)
{
    for_each_index_of<T>([&](auto i) {
        constexpr FieldRule rule = field_rule<T, i()>;
        using Member = std::remove_cvref_t<decltype(std::declval<T&>().*std::get<i()>(fields_of<T>).pointer)>;
        if constexpr (rule.flatten) {
            append_flags<typename Unwrapped<Member>::type>(out);
        } else if constexpr (!is_opaque<Member>) {
            constexpr auto name = documented_name<T, i()>();
            FlagSpec spec{
                .flag = flag_name(name), .field = std::string(name), .help = std::string(rule.help)};
            FlagOf<Member>::fill(spec);
            out.push_back(std::move(spec));
        }
    });
}

/// The flags of T's fields, in their order; those of flattened parts stand among them.
template <Described T>
std::vector<FlagSpec> flag_specs()
{
    std::vector<FlagSpec> out;
    append_flags<T>(out);
    return out;
}

} // namespace hfasync::detail
