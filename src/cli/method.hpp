// From a member function of HfApi to a line of the method table.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/progress.hpp>

#include "cli/method_description.hpp"
#include "cli/method_table.hpp"
#include "describe/flags.hpp"
#include "describe/json.hpp"

namespace hfasync::detail {

/// On a command line what is uploaded is a file.
template <>
struct FlagOf<UploadSource> {
    static void fill(FlagSpec&) {}
};

} // namespace hfasync::detail

namespace hfasync::cli {

/// How one argument is read; specialised for what JSON alone cannot say (bytes, commit operations).
template <class T>
struct Argument {
    static T read(const boost::json::value& value, std::string_view name)
    {
        return detail::decode<T>(value, {.source = "arguments", .root = std::string(name)},
                                 detail::Naming::documented, detail::Unknown::refuse);
    }
};

/// The methods that a returned T has itself; specialised for types that have some, with object_method().
template <class T>
struct ObjectMethods {
    static void add(std::map<std::string_view, Callable>&, const T&) {}
};

[[noreturn]] void refuse_missing(std::string_view method, std::string_view argument);
[[noreturn]] void refuse_unknown(std::string_view method, std::string_view argument);

namespace table {

using detail::Described;

template <class T>
Returned returned(T value);

template <class T>
struct Result;
template <class T>
struct Result<boost::asio::awaitable<T>> {
    static boost::asio::awaitable<Returned> take(boost::asio::awaitable<T> call)
    {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(call);
            co_return Returned{};
        } else {
            co_return returned<T>(co_await std::move(call));
        }
    }
};
template <class T>
struct Result<AsyncGenerator<T>> {
    static boost::asio::awaitable<Returned> take(AsyncGenerator<T> items)
    {
        boost::json::array out;
        while (auto item = co_await items.next())
            out.push_back(detail::encode<T>(*item, detail::Naming::documented));
        co_return Returned{.value = std::move(out), .methods = {}};
    }
};

// An argument by name, an options struct from all that is left, or a progress sink, which nobody watches.
template <class T>
T take(std::string_view method, boost::json::object& args, const std::vector<std::string_view>& names,
       std::size_t index)
{
    if constexpr (std::is_same_v<T, ProgressSink>) {
        return {};
    } else if constexpr (Described<T>) {
        auto options = Argument<T>::read(boost::json::value(std::exchange(args, {})), method);
        return options;
    } else {
        const auto found = args.find(names.at(index));
        if (found == args.end()) refuse_missing(method, names.at(index));
        auto value = Argument<T>::read(found->value(), names.at(index));
        args.erase(found);
        return value;
    }
}

// `Object` is HfApi, or what a call returned.
template <auto member, class Object, class R, class C, class... A>
boost::asio::awaitable<Returned> invoke(R (C::*)(A...) const, Object object, boost::json::object args,
                                        std::string_view method, std::vector<std::string_view> names)
{
    // Braces evaluate from left to right: the named ones first, then what is left for the options.
    auto arguments = [&]<std::size_t... I>(std::index_sequence<I...>) {
        return std::tuple<A...>{take<A>(method, args, names, I)...};
    }(std::index_sequence_for<A...>{});
    if (!args.empty()) refuse_unknown(method, args.begin()->key());
    co_return co_await Result<R>::take(
        std::apply([&](auto&... a) { return (object.*member)(std::move(a)...); }, arguments));
}

template <class A>
void append_flag(std::vector<detail::FlagSpec>& out, const std::vector<std::string_view>& names,
                 std::size_t index)
{
    if constexpr (std::is_same_v<A, ProgressSink>) {
        return;
    } else if constexpr (Described<A>) {
        detail::append_flags<A>(out);
    } else {
        detail::FlagSpec spec{.flag = detail::flag_name(names.at(index)),
                              .field = std::string(names.at(index))};
        detail::FlagOf<A>::fill(spec);
        out.push_back(std::move(spec));
    }
}

template <class R, class C, class... A>
std::vector<detail::FlagSpec> flags_of(R (C::*)(A...) const, const std::vector<std::string_view>& names)
{
    std::vector<detail::FlagSpec> out;
    std::size_t index = 0;
    (append_flag<std::remove_cvref_t<A>>(out, names, index++), ...);
    return out;
}

template <class T>
Returned returned(T value)
{
    Returned out{.value = detail::encode<T>(value, detail::Naming::documented), .methods = {}};
    ObjectMethods<T>::add(out.methods, value);
    return out;
}

} // namespace table

/// `method<&HfApi::model_info>("model_info", {"repo_id"})`: the names of what stands before the options.
template <auto member>
Method method(std::string_view name, const std::vector<std::string_view>& names = {})
{
    return {name,
            [name, names](HfApi api, boost::json::object args) {
                return table::invoke<member>(member, std::move(api), std::move(args), name, names);
            },
            [name, names] { return table::describe_method(member, name, names); },
            [names] { return table::flags_of(member, names); }};
}

/// The same for a member function of what a call returned; keeps a copy of it.
template <auto member, class T>
Callable object_method(T object, std::string_view name, std::vector<std::string_view> names = {})
{
    return [object = std::move(object), name, names = std::move(names)](boost::json::object args) {
        return table::invoke<member>(member, object, std::move(args), name, names);
    };
}

} // namespace hfasync::cli
