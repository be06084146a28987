// What a method takes and gives, read from its member function and the described types: nothing of it is
// written down a second time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/hf_api.hpp>
#include <hfasync/json_value.hpp>

#include "describe/json.hpp"

namespace hfasync::cli {

/// An argument of a method, or a field of a type.
struct FieldDescription {
    std::string name;              ///< as documented: `private`
    std::string also;              ///< another spelling that is read, or nothing
    std::string member;            ///< in C++: `private_`, `changes.revision`
    std::string type;              ///< in C++
    std::optional<std::string> in; ///< the type that declares it; absent for a parameter of its own
    std::string json;              ///< its JSON; nothing for what only code can set
    bool required = false;
    Json default_; ///< null for what is not sent, or not said
    std::string help;
};
HFASYNC_DESCRIBE(FieldDescription, name, also, member, type, in, json, required, default_, help)

struct TypeDescription {
    std::string name;
    std::vector<FieldDescription> fields;
};
HFASYNC_DESCRIBE(TypeDescription, name, fields)

struct ResultDescription {
    std::string type; ///< in C++, without the awaitable around it
    std::string json;
    bool listing = false; ///< an AsyncGenerator
};
HFASYNC_DESCRIBE(ResultDescription, type, json, listing)

struct MethodDescription {
    std::string name;
    std::string area;
    std::vector<FieldDescription> parameters;
    bool progress = false; ///< takes a ProgressSink too
    ResultDescription result;
    std::vector<TypeDescription> types; ///< those of the result and the arguments, and what they hold
};
HFASYNC_DESCRIBE(MethodDescription, name, area, parameters, progress, result, types)

namespace table {

using detail::Described;

/// "hfasync::ModelInfo" out of what the compiler says of this function, without the namespaces.
std::string unqualified_type(std::string_view pretty_function);
template <class T>
std::string type_name()
{
    return unqualified_type(__PRETTY_FUNCTION__);
}

/// C++ and JSON text of a type, and the described types within it.
struct TypeText {
    std::string cpp;
    std::string json;
};

/// "a or b" in brackets.
inline std::string bracketed(std::string json)
{
    return json.find(" or ") == std::string::npos ? json : "(" + json + ")";
}

/// Described types by name, in the order in which they were met.
class TypeList {
public:
    template <Described T>
    void add(const std::string& name);
    std::vector<TypeDescription> take() && { return std::move(types_); }

private:
    std::vector<TypeDescription> types_;
};

/// What JSON of types of the library that are not described looks like.
template <class T>
inline constexpr std::string_view json_form{};
template <>
inline constexpr std::string_view json_form<UploadSource> = R"(path, {"$text"} or {"$base64"})";
template <>
inline constexpr std::string_view json_form<CommitOperationAdd> = R"({"$add", "from"})";
template <>
inline constexpr std::string_view json_form<CommitOperation> =
    R"({"$add", "from"}, {"$delete"} or {"$copy", "to"})";

template <class T>
struct Text {
    static TypeText of(TypeList& list)
    {
        if constexpr (std::is_same_v<T, bool>) {
            return {"bool", "boolean"};
        } else if constexpr (std::is_integral_v<T>) {
            return {std::is_signed_v<T> ? sizeof(T) == 8 ? "std::int64_t" : "int"
                    : sizeof(T) == 8    ? "std::uint64_t"
                                        : "unsigned",
                    "integer"};
        } else if constexpr (std::is_floating_point_v<T>) {
            return {"double", "number"};
        } else if constexpr (detail::DescribedEnum<T>) {
            std::string texts;
            const auto known = hfasync_enum_texts(static_cast<T*>(nullptr));
            for (std::size_t i = 0; i < known.size(); ++i)
                texts.append(i == 0                  ? "\""
                             : i + 1 == known.size() ? " or \""
                                                     : ", \"")
                    .append(detail::without_trailing_underscore(known[i].text))
                    .append("\"");
            return {type_name<T>(), texts};
        } else if constexpr (Described<T>) {
            auto name = type_name<T>();
            list.add<T>(name);
            return {name, name};
        } else {
            return {type_name<T>(), std::string(json_form<T>)};
        }
    }
};
#define HFASYNC_TEXT(Type, cpp, json)                                                                        \
    template <>                                                                                              \
    struct Text<Type> {                                                                                      \
        static TypeText of(TypeList&)                                                                        \
        {                                                                                                    \
            return {cpp, json};                                                                              \
        }                                                                                                    \
    };
HFASYNC_TEXT(void, "void", "null")
HFASYNC_TEXT(std::monostate, "std::monostate", "null")
HFASYNC_TEXT(std::string, "std::string", "string")
HFASYNC_TEXT(std::filesystem::path, "std::filesystem::path", "string")
HFASYNC_TEXT(Timestamp, "Timestamp", "string (a time)")
HFASYNC_TEXT(Json, "Json", "any")
HFASYNC_TEXT(Token, "Token", "string or boolean")
HFASYNC_TEXT(Strings, "Strings", "string or list of strings")
HFASYNC_TEXT(RepoType, "RepoType", R"("model", "dataset" or "space")")
HFASYNC_TEXT(CommitOperation, "CommitOperation", json_form<CommitOperation>.data())
#undef HFASYNC_TEXT

template <class T>
struct Text<std::optional<T>> {
    static TypeText of(TypeList& list)
    {
        auto inner = Text<T>::of(list);
        return {"std::optional<" + inner.cpp + ">", inner.json + " or null"};
    }
};
template <class T>
struct Text<std::vector<T>> {
    static TypeText of(TypeList& list)
    {
        auto inner = Text<T>::of(list);
        return {"std::vector<" + inner.cpp + ">", "list of " + bracketed(inner.json)};
    }
};
template <class T>
struct Text<std::map<std::string, T>> {
    static TypeText of(TypeList& list)
    {
        auto inner = Text<T>::of(list);
        return {"std::map<std::string, " + inner.cpp + ">", "object of " + bracketed(inner.json)};
    }
};
template <class A, class B>
struct Text<std::pair<A, B>> {
    static TypeText of(TypeList& list)
    {
        auto first = Text<A>::of(list);
        auto second = Text<B>::of(list);
        return {"std::pair<" + first.cpp + ", " + second.cpp + ">",
                "[" + first.json + ", " + second.json + "]"};
    }
};
template <class... T>
struct Text<std::variant<T...>> {
    static TypeText of(TypeList& list)
    {
        TypeText all;
        for (auto& one : {Text<T>::of(list)...}) {
            all.cpp.append(all.cpp.empty() ? "" : ", ").append(one.cpp);
            all.json.append(all.json.empty() ? "" : " or ").append(one.json);
        }
        return {"std::variant<" + all.cpp + ">", all.json};
    }
};
template <class Rep, class Period>
struct Text<std::chrono::duration<Rep, Period>> {
    static TypeText of(TypeList&) { return {"std::chrono::duration", "number (seconds)"}; }
};
template <class T>
struct Text<std::shared_ptr<T>> : Text<T> {};
template <class E>
struct Text<Open<E>> {
    static TypeText of(TypeList& list)
    {
        auto known = Text<E>::of(list);
        return {"Open<" + known.cpp + ">", known.json + ", or another text"};
    }
};

/// A field that only code can set has no JSON.
void add_field(std::vector<FieldDescription>& out, const FieldRule& rule, std::string_view name,
               const std::string& in, TypeText text, bool only_code, boost::json::value default_value);

/// The fields of T; those of flattened parts stand among them.
template <Described T>
std::vector<FieldDescription> describe_fields(TypeList& list, const std::string& in)
{
    std::vector<FieldDescription> out;
    const T defaults{};
    detail::for_each_index_of<T>([&](auto i) {
        constexpr FieldRule rule = detail::field_rule<T, i()>;
        constexpr auto field = std::get<i()>(detail::fields_of<T>);
        using Member = std::remove_cvref_t<decltype(defaults.*field.pointer)>;
        if constexpr (rule.flatten) {
            using Part = typename detail::Unwrapped<Member>::type;
            auto part = describe_fields<Part>(list, type_name<Part>());
            for (auto& one : part)
                one.member.insert(0, std::string(field.name) + ".");
            out.insert(out.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
        } else if constexpr (rule.printed) {
            boost::json::value value;
            if constexpr (requires { sizeof(detail::Writer<Member>); })
                value = detail::encode<Member>(defaults.*field.pointer, detail::Naming::documented);
            add_field(out, rule, detail::documented_name<T, i()>(), in, Text<Member>::of(list),
                      detail::is_opaque<Member>, std::move(value));
        }
    });
    return out;
}

template <Described T>
void TypeList::add(const std::string& name)
{
    for (const auto& known : types_)
        if (known.name == name) return;
    const auto at = types_.size();
    types_.push_back({.name = name, .fields = {}}); // first, since a type may hold itself
    auto fields = describe_fields<T>(*this, name);
    types_[at].fields = std::move(fields);
}

template <class A>
void describe_argument(MethodDescription& method, TypeList& list, const std::vector<std::string_view>& names,
                       std::size_t index)
{
    if constexpr (std::is_same_v<A, ProgressSink>) {
        method.progress = true;
    } else if constexpr (Described<A>) {
        auto fields = describe_fields<A>(list, type_name<A>());
        method.parameters.insert(method.parameters.end(), std::make_move_iterator(fields.begin()),
                                 std::make_move_iterator(fields.end()));
    } else {
        auto text = Text<A>::of(list);
        const std::string name(names.at(index));
        method.parameters.push_back({.name = name,
                                     .also = {},
                                     .member = name,
                                     .type = std::move(text.cpp),
                                     .in = {},
                                     .json = std::move(text.json),
                                     .required = true,
                                     .default_ = {},
                                     .help = {}});
    }
}

template <class R>
struct ResultText;
template <class T>
struct ResultText<boost::asio::awaitable<T>> : Text<T> {
    static constexpr bool listing = false;
};
template <class T>
struct ResultText<AsyncGenerator<T>> : Text<T> {
    static constexpr bool listing = true;
};

/// "ModelsApi" -> "models": the class that declares a method is its area.
std::string area_of_class(std::string_view name);

template <class R, class C, class... A>
MethodDescription describe_method(R (C::*)(A...) const, std::string_view name,
                                  const std::vector<std::string_view>& names)
{
    MethodDescription method;
    method.name = name;
    method.area = area_of_class(type_name<C>());
    TypeList list;
    auto result = ResultText<R>::of(list);
    method.result = {
        .type = std::move(result.cpp), .json = std::move(result.json), .listing = ResultText<R>::listing};
    std::size_t index = 0;
    (describe_argument<std::remove_cvref_t<A>>(method, list, names, index++), ...);
    method.types = std::move(list).take();
    return method;
}

} // namespace table
} // namespace hfasync::cli
