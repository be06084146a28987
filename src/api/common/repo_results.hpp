// Answers about models, datasets and Spaces as their documented types.
#pragma once

#include <boost/json/value.hpp>

#include <hfasync/types/repo_info.hpp>

#include "describe/json.hpp"

namespace hfasync::detail {

// Each takes the answer apart: what is left of it is not the Hub's any more.
ModelInfo read_model_info(boost::json::value&& value, const DecodeContext& context);
DatasetInfo read_dataset_info(boost::json::value&& value, const DecodeContext& context);
SpaceInfo read_space_info(boost::json::value&& value, const DecodeContext& context);
SpaceRuntime read_space_runtime(boost::json::value&& value, const DecodeContext& context);

} // namespace hfasync::detail
