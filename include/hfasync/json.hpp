// Opens hfasync::Json as boost::json::value. The only public header that includes Boost.JSON.
#pragma once

#include <boost/json/value.hpp>
#include <hfasync/json_value.hpp>

namespace hfasync {

/// The value behind a Json; valid as long as that is.
inline const boost::json::value& open(const Json& json) noexcept
{
    return json.value();
}

} // namespace hfasync
