#include "describe/print.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

#include "base/encoding.hpp"

namespace hfasync::detail {

namespace json = boost::json;

std::string print_json(const json::value& value)
{
    if (value.is_null()) return {};
    if (const auto* text = value.if_string()) return printable({text->data(), text->size()});
    const auto* array = value.if_array();
    if (!array ||
        std::any_of(array->begin(), array->end(), [](const json::value& v) { return v.is_structured(); }))
        return printable(json::serialize(value));
    std::string out;
    for (const auto& element : *array) {
        if (&element != array->data()) out += ", ";
        out += print_json(element);
    }
    return out;
}

} // namespace hfasync::detail
