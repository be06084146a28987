// The metadata of a repo's card, brought into the form that the reference gives it.
#pragma once

#include <boost/json/value.hpp>

#include <optional>

#include <hfasync/repo_id.hpp>

namespace hfasync::detail {

/// Changes `card` in place: null keys go, tags of models and Spaces stand once each, and a model's
/// `model-index` is taken apart and rebuilt (a broken one disappears). Source: `ModelCardData`,
/// `DatasetCardData`, `SpaceCardData`. What is no object stays as it is.
void tidy_card_data(boost::json::value& card, RepoType type);

/// Takes a `model-index` apart into its metrics and puts it together again, one result per task and dataset.
/// nullopt for a broken one.
std::optional<boost::json::array> rebuild_model_index(const boost::json::value& index);

} // namespace hfasync::detail
