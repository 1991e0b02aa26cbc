//! What is in effect on this node: its static settings under the dynamic ones of the newest image.

use crate::{ClusterImage, ConfigResource, ImageWatch};
use arc_swap::ArcSwap;
use esker_config::{BrokerValues, ConfigMap, TopicSettings};
use esker_model::BrokerId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The settings of one node, as everything in its process reads them. Cheap to ask: the layers are laid over one another
/// again only after a dynamic broker setting has changed.
#[derive(Debug)]
pub struct ConfigStore {
    statics: BrokerValues,
    node_id: BrokerId,
    image: ImageWatch,
    layered: ArcSwap<Layered>,
}

/// Static settings under the dynamic ones of some image, and where those came from.
#[derive(Debug)]
struct Layered {
    cluster_default: Option<Arc<ConfigMap>>,
    own: Option<Arc<ConfigMap>>,
    values: Arc<BrokerValues>,
}

impl Layered {
    /// Whether the layers are those of `image`, by identity: an image shares what did not change with the one before.
    fn is_of(&self, cluster_default: Option<&Arc<ConfigMap>>, own: Option<&Arc<ConfigMap>>) -> bool {
        let same = |one: Option<&Arc<ConfigMap>>, other: Option<&Arc<ConfigMap>>| match (one, other) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        same(self.cluster_default.as_ref(), cluster_default) && same(self.own.as_ref(), own)
    }
}

impl ConfigStore {
    /// The settings of `node_id`, which was started with `statics`.
    pub fn new(statics: BrokerValues, node_id: BrokerId, image: ImageWatch) -> Self {
        let layered = Layered { cluster_default: None, own: None, values: Arc::new(statics.clone()) };
        Self { statics, node_id, image, layered: ArcSwap::from_pointee(layered) }
    }

    /// The images that it follows.
    pub fn watch(&self) -> &ImageWatch {
        &self.image
    }

    /// This node's settings as of the newest image.
    pub fn current(&self) -> Arc<BrokerValues> {
        self.at(&self.image.current())
    }

    /// This node's settings as of `image`.
    pub fn at(&self, image: &ClusterImage) -> Arc<BrokerValues> {
        let cluster_default = image.configs(&ConfigResource::cluster_default());
        let own = image.configs(&ConfigResource::broker(self.node_id));
        let known = self.layered.load();
        if known.is_of(cluster_default, own) {
            return Arc::clone(&known.values);
        }
        let values = Arc::new(self.statics.with_dynamic(or_empty(cluster_default), or_empty(own)));
        self.layered.store(Arc::new(Layered {
            cluster_default: cluster_default.cloned(),
            own: own.cloned(),
            values: Arc::clone(&values),
        }));
        values
    }

    /// What the configuration of the topic named `topic` means, as of `image`. Reads every topic key: ask again when the
    /// configuration of the topic or of a broker has changed, not for every request.
    pub fn topic_settings(&self, image: &ClusterImage, topic: &str) -> TopicSettings {
        self.at(image).topic_settings(or_empty(image.configs(&ConfigResource::topic(topic))))
    }
}

fn or_empty(configs: Option<&Arc<ConfigMap>>) -> &ConfigMap {
    static EMPTY: ConfigMap = BTreeMap::new();
    configs.map_or(&EMPTY, |configs| configs)
}
