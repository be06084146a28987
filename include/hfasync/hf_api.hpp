// HfApi: every call of the Hub in one object.
#pragma once

#include <future>
#include <memory>
#include <utility>

#include <hfasync/api/access.hpp>
#include <hfasync/api/collections.hpp>
#include <hfasync/api/commits.hpp>
#include <hfasync/api/datasets.hpp>
#include <hfasync/api/discussions.hpp>
#include <hfasync/api/downloads.hpp>
#include <hfasync/api/endpoints.hpp>
#include <hfasync/api/files.hpp>
#include <hfasync/api/models.hpp>
#include <hfasync/api/papers.hpp>
#include <hfasync/api/refs.hpp>
#include <hfasync/api/repos.hpp>
#include <hfasync/api/safetensors.hpp>
#include <hfasync/api/spaces.hpp>
#include <hfasync/api/users.hpp>
#include <hfasync/api/webhooks.hpp>
#include <hfasync/future.hpp>

namespace hfasync {

/// All areas together. Cheap to make and to copy; calls may outlive it. Thread-safe. Source: `HfApi`.
class HfApi : public ModelsApi,
              public DatasetsApi,
              public SpacesApi,
              public ReposApi,
              public RefsApi,
              public FilesApi,
              public DownloadsApi,
              public SafetensorsApi,
              public CommitsApi,
              public DiscussionsApi,
              public EndpointsApi,
              public CollectionsApi,
              public AccessApi,
              public WebhooksApi,
              public UsersApi,
              public PapersApi {
public:
    explicit HfApi(const Hub& hub)
        : ModelsApi(hub), DatasetsApi(hub), SpacesApi(hub), ReposApi(hub), RefsApi(hub), FilesApi(hub),
          DownloadsApi(hub), SafetensorsApi(hub), CommitsApi(hub), DiscussionsApi(hub), EndpointsApi(hub),
          CollectionsApi(hub), AccessApi(hub), WebhooksApi(hub), UsersApi(hub), PapersApi(hub),
          background_(std::make_shared<detail::BackgroundQueue>(hub))
    {
    }

    /// Runs a call in the background and returns a future of its result. The calls of one HfApi and its
    /// copies run one after another, in the order in which they were passed.
    ///
    ///     auto done = api.run_as_future(api.delete_file("old.bin", "acme/tiny"));
    ///     done.get(); // the result, or the exception of the call
    ///
    /// Who runs them: for a Hub with an io_context of its own, a thread of the library; for a Hub on the
    /// caller's executor, that executor, so somebody must run it (block_on() does), and `get()` must not be
    /// called from its handlers.
    ///
    /// *Errors*: the future gets what the call throws, or RuntimeError (errc::shut_down) when the io_context
    /// is destroyed before the call has ended.
    ///
    /// *Lifetime*: queued calls are finished. The destructor of the last copy waits for them when the library
    /// has the thread; on the caller's executor they go on as long as that runs, and a call whose io_context
    /// is destroyed ends with errc::shut_down. After Hub::close(), calls that have not begun end with
    /// errc::shut_down too. No future is left without an outcome. *Cancellation*: none; use with_deadline
    /// inside the call. Thread-safe. Source: `run_as_future`.
    template <class T>
    std::future<T> run_as_future(boost::asio::awaitable<T> call) const
    {
        return detail::add_call(*background_, [call = std::move(call)]() mutable { return std::move(call); });
    }

    /// The same with a callable that returns the awaitable; it is called when its turn comes. A callable that
    /// holds a copy of the HfApi keeps the queue alive: then the destructors of other copies do not wait.
    template <detail::MakesCall F>
    std::future<typename detail::Awaited<std::invoke_result_t<F&>>::type> run_as_future(F make_call) const
    {
        return detail::add_call(*background_, std::move(make_call));
    }

private:
    std::shared_ptr<detail::BackgroundQueue> background_;
};

} // namespace hfasync
