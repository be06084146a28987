// Opens hfasync::Json as boost::json::value. The only public header that includes Boost.JSON.
#pragma once

#include <boost/json/value.hpp>
#include <hfasync/json_value.hpp>

namespace hfasync {

inline const boost::json::value& open(const Json& json) noexcept
{
    return json.value();
}

} // namespace hfasync
