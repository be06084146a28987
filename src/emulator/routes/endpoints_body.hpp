// What the API of Inference Endpoints is sent: checked, and completed with what was left out.
#pragma once

#include <string>

#include <boost/json/object.hpp>

namespace hfasync::emulator {

/// \throws Refusal 400
std::string read_endpoint_name(const boost::json::object& body);
/// type, accountId, provider, compute and model as the API gives them. \throws Refusal 400
boost::json::object read_new_endpoint(const boost::json::object& body);
/// Puts {"compute", "model"} of an update into what the endpoint has. \throws Refusal 400
void merge_endpoint(boost::json::object& endpoint, const boost::json::object& body);

} // namespace hfasync::emulator
