#include "emulator/routes/links.hpp"

#include "emulator/routes/info.hpp"

namespace hfasync::emulator {

Links find_links(Site& site, const store::Identity* reader)
{
    Links out;
    for (const auto& repo : site.store.repos(RepoType::space)) {
        const auto view = view_head(site, repo);
        if (view.facts->models.empty() || !may_see(site, reader, view)) continue;
        for (const auto& model : view.facts->models)
            out.spaces_of_model[model].push_back(view.settings->id);
    }
    for (const auto& repo : site.store.repos(RepoType::model)) {
        const auto view = view_head(site, repo);
        if (!may_see(site, reader, view)) continue;
        out.model_uids.emplace(view.settings->id, view.settings->uid);
        for (const auto& base : view.facts->base_models)
            ++out.children_of_model[base];
    }
    return out;
}

} // namespace hfasync::emulator
