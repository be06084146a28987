// What a Space is doing, as answers give it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "emulator/router.hpp"
#include "emulator/store/space.hpp"

namespace hfasync::emulator {

/// At the head of its main branch.
store::SpaceFacts space_facts(Site& site, const std::shared_ptr<store::Repo>& repo);
/// {"stage", "hardware", ...} of now.
std::string space_runtime(Site& site, const std::shared_ptr<store::Repo>& repo);

/// POST /api/{kind}/{id}/duplicate
void add_duplicate_routes(Router& router);

} // namespace hfasync::emulator
