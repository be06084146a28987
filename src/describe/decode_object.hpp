// decode<T> for described types. Include describe/json.hpp, which includes this.
#pragma once

#include <boost/json/object.hpp>
#include <boost/pfr/tuple_size.hpp>

#include <array>
#include <bitset>

#include "describe/names.hpp"

namespace hfasync::detail {

// ----------------------------------------------------------------------------------------

template <class T>
struct Unwrapped {
    using type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> {
    using type = T;
};

template <Described T>
class ObjectReader {
    static_assert(boost::pfr::tuple_size_v<T> == field_count<T>,
                  "HFASYNC_DESCRIBE forgets a field, or names one twice");
    static_assert(rules_name_fields<T>(), "field_rules names a field that the type does not have");

public:
    using Seen = std::bitset<field_count<T>>;

    static bool read(const boost::json::value& value, T& out, DecodeState& state, const JsonPath& path)
    {
        const auto* object = value.if_object();
        if (!object) return state.wrong_kind(value, path, "an object");
        Seen seen;
        for (const auto& member : *object) {
            const JsonPath here{.parent = &path, .key = {member.key().data(), member.key().size()}};
            bool known = false;
            if (!read_member(member.value(), out, seen, known, state, here)) return false;
            if (!known && state.unknown == Unknown::refuse) {
                std::string names;
                list_names(state.naming, names);
                return state.unknown_name(here, names);
            }
        }
        return has_required(*object, seen, state, path);
    }

    /// Reads one member into the field of its name, if there is one here or in a flattened part.
    static bool read_member(const boost::json::value& value, T& out, Seen& seen, bool& known,
                            DecodeState& state, const JsonPath& path)
    {
        const auto* entry = state.naming == Naming::wire ? NameTable<T, Naming::wire>::find(path.key)
                                                         : NameTable<T, Naming::documented>::find(path.key);
        if (!entry) return read_flattened(value, out, known, state, path);
        known = true;
        if (value.is_null() && state.unknown == Unknown::ignore) return true;
        if (entry->also && seen[entry->field]) return true; // the first spelling goes first
        seen[entry->field] = seen[entry->field] || !entry->also;
        return readers[entry->field](value, out, state, path);
    }

    static void list_names(Naming naming, std::string& out)
    {
        for_each_index_of<T>([&](auto i) {
            using Member = typename std::tuple_element_t<i(), decltype(hfasync_fields(
                                                                  static_cast<T*>(nullptr)))>::member_type;
            if constexpr (field_rule<T, i()>.flatten)
                ObjectReader<typename Unwrapped<Member>::type>::list_names(naming, out);
            else if constexpr (!is_opaque<Member>)
                out.append(out.empty() ? "" : ", ").append(field_name<T, i()>(naming));
        });
    }

    static bool has_required(const boost::json::object& object, const Seen& seen, DecodeState& state,
                             const JsonPath& path)
    {
        bool ok = true;
        for_each_index_of<T>([&](auto i) {
            constexpr FieldRule rule = field_rule<T, i()>;
            if constexpr (rule.required) {
                if (!ok || seen[i()]) return;
                if (!rule.also.empty() && is_present(object, rule.also)) return;
                if (is_present(object, field_name<T, i()>(state.naming))) return;
                const JsonPath here{.parent = &path, .key = field_name<T, i()>(state.naming)};
                ok = state.fail(here, "is missing");
            } else if constexpr (rule.flatten) {
                using Member = typename std::tuple_element_t<i(), decltype(hfasync_fields(static_cast<T*>(
                                                                      nullptr)))>::member_type;
                if constexpr (!is_optional<Member>)
                    ok = ok && ObjectReader<Member>::has_required(object, {}, state, path);
            }
        });
        return ok;
    }

private:
    using ReadField = bool (*)(const boost::json::value&, T&, DecodeState&, const JsonPath&);

    static bool is_present(const boost::json::object& object, std::string_view name)
    {
        const auto* found = object.if_contains({name.data(), name.size()});
        return found && !found->is_null();
    }

    template <std::size_t I>
    static bool read_field(const boost::json::value& value, T& out, DecodeState& state, const JsonPath& path)
    {
        constexpr auto pointer = std::get<I>(fields_of<T>).pointer;
        using Member = std::remove_cvref_t<decltype(out.*pointer)>;
        if constexpr (is_opaque<Member>) {
            return state.unknown == Unknown::ignore || state.fail(path, "can be set by code only");
        } else if constexpr (is_optional<Member>) {
            return read_value(value, out.*pointer, state, path);
        } else {
            return value.is_null() || read_value(value, out.*pointer, state, path);
        }
    }

    static bool read_flattened(const boost::json::value& value, T& out, bool& known, DecodeState& state,
                               const JsonPath& path)
    {
        bool ok = true;
        for_each_index_of<T>([&](auto i) {
            if constexpr (field_rule<T, i()>.flatten) {
                auto& member = out.*std::get<i()>(fields_of<T>).pointer;
                using Member = std::remove_cvref_t<decltype(member)>;
                using Part = typename Unwrapped<Member>::type;
                if (known || !ok) return;
                typename ObjectReader<Part>::Seen seen;
                if constexpr (is_optional<Member>) {
                    Part part = member.value_or(Part{});
                    ok = ObjectReader<Part>::read_member(value, part, seen, known, state, path);
                    if (ok && known) member = std::move(part);
                } else {
                    ok = ObjectReader<Part>::read_member(value, member, seen, known, state, path);
                }
            }
        });
        return ok;
    }

    static constexpr auto readers = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<ReadField, sizeof...(I)>{&ObjectReader::read_field<I>...};
    }(std::make_index_sequence<field_count<T>>{});
};

template <class T>
struct Reader<T, std::enable_if_t<Described<T>>> : ObjectReader<T> {};

template <class T>
T decode(const boost::json::value& value, const DecodeContext& context, Naming naming, Unknown unknown)
{
    T out{};
    DecodeState state{context, naming, unknown};
    if (!read_value(value, out, state, JsonPath{})) state.raise();
    return out;
}

} // namespace hfasync::detail
