// The query of a listing or an info call, as the Hub spells it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <hfasync/strings.hpp>

#include "base/encoding.hpp"

namespace hfasync::detail {

/// "True" / "False": what the Hub has always been sent by its Python client.
inline std::string query_bool(bool value)
{
    return value ? "True" : "False";
}

/// Collects pairs; what was not given adds nothing.
class Query {
public:
    Query& add(std::string name, std::string value)
    {
        pairs_.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    Query& add(std::string name, std::optional<std::string> value)
    {
        return value ? add(std::move(name), std::move(*value)) : *this;
    }
    Query& add(std::string name, std::optional<bool> value)
    {
        return value ? add(std::move(name), query_bool(*value)) : *this;
    }
    Query& add(std::string name, std::optional<std::uint64_t> value)
    {
        return value ? add(std::move(name), std::to_string(*value)) : *this;
    }
    Query& add(std::string name, std::optional<int> value)
    {
        return value ? add(std::move(name), std::to_string(*value)) : *this;
    }
    Query& add(const std::string& name, const Strings& values, std::string_view prefix = {})
    {
        for (const auto& value : values)
            add(name, value.starts_with(prefix) ? value : std::string(prefix) + value);
        return *this;
    }
    /// Sent when true only.
    Query& add_if(std::string name, std::optional<bool> value)
    {
        return value.value_or(false) ? add(std::move(name), query_bool(true)) : *this;
    }
    const QueryPairs& pairs() const noexcept { return pairs_; }

private:
    QueryPairs pairs_;
};

/// The `sort` argument: documented names in snake_case to the Hub's; others pass.
inline std::optional<std::string> sort_key(const std::optional<std::string>& sort)
{
    if (sort == "last_modified") return "lastModified";
    if (sort == "created_at") return "createdAt";
    if (sort == "trending_score") return "trendingScore";
    return sort;
}

} // namespace hfasync::detail
