// What a download does on the disk before its first byte and after its last. Blocking: for workers.
#pragma once

#include <memory>

#include "transfer/download_file.hpp"
#include "transfer/download_pipe.hpp"

namespace hfasync::detail {

/// What a worker found out about a file. Neither ready nor a session: another one downloads it just now.
struct Visit {
    bool ready = false; ///< it is where it should be
    std::shared_ptr<DownloadSession> session;
};

/// One visit to the disk: makes use of what is there (links the blob, copies from the cache, believes the
/// record of the folder), else takes the file's lock and opens its partial. \throws OSError
Visit visit_disk(const DownloadCall& call, const RemoteFile& file);

/// After another caller's transfer of the same bytes: whether the file is now where this call wants it.
bool take_what_is_there(const DownloadCall& call, const RemoteFile& file);

/// The final name, once size and hash are right, and the link or the record that goes with it.
void publish(const DownloadCall& call, const RemoteFile& file, PartialFile& partial);

} // namespace hfasync::detail
