//! Images for whoever takes his time with them.

use esker_metadata::{ClusterImage, ImageWatch};
use std::sync::Arc;
use tokio::sync::watch;

/// Follows the newest image without standing in anybody's way: whoever waits for a change to be in effect does not wait for the
/// receiver. It ends when the receiver is dropped.
pub(crate) fn newest(image: &ImageWatch, name: &str) -> watch::Receiver<Arc<ClusterImage>> {
    let (tell, told) = watch::channel(image.current());
    let mut images = image.subscribe(name);
    drop(esker_env::spawn(async move {
        loop {
            tokio::select! {
                change = images.next() => {
                    images.applied(change.new.offset());
                    tell.send_replace(change.new);
                }
                () = tell.closed() => return,
            }
        }
    }));
    told
}
