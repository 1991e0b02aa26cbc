//! Writes pages anew so that they name a good copy: the request behind [`Effect::Rewrite`](crate::partition::planner::Effect::Rewrite).
//!
//! The pages lie in the bucket before the version that refers to them, as with sealing. A crash before it leaves the copy and the pages to the
//! sweep; the old pages and the bad object become garbage with that version, and stay for the grace.

use crate::manifest::{Entry, Garbage, Page, PageRef, Rewrite, encode_page};
use crate::partition::handle::Shared;
use crate::partition::jobs::Done;
use crate::partition::tasks::until_it_answers;
use crate::store::{Reason, StoreError};
use std::fmt;
use std::sync::Arc;

/// A bad object that only pages name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misnamed {
    /// The pages on the way to it, the version's own first.
    pub(crate) path: Vec<PageRef>,
    pub(crate) bad: Entry,
    /// The good copy, uploaded already.
    pub(crate) copy: Entry,
}

/// The pages could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotRewritten {
    reason: String,
    /// What may lie in the bucket for nothing.
    pub(crate) left: Vec<Garbage>,
}

impl fmt::Display for NotRewritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

pub(crate) async fn rewrite(shared: Arc<Shared>, finding: Misnamed) -> Done {
    let (rewrite, pages) = match plan(&shared, &finding).await {
        Ok(planned) => planned,
        Err(reason) => {
            let left = vec![Garbage::Object(finding.copy.id())];
            return Done::Rewritten(Box::new(Err(NotRewritten { reason, left })));
        }
    };
    let chain = &shared.chain;
    for (page, content) in pages {
        let (key, body) = (chain.keys.page(chain.home, page.uuid), vec![encode_page(chain.home, page.level, &content)]);
        let put = || chain.store.put(Reason::Manifest, &key, &body);
        if let Err(error) = until_it_answers(put, |error: &StoreError| error.kind.is_transient()).await {
            let failed = NotRewritten { reason: error.to_string(), left: rewrite.leftovers().collect() };
            return Done::Rewritten(Box::new(Err(failed)));
        }
    }
    Done::Rewritten(Box::new(Ok(rewrite)))
}

async fn plan(shared: &Shared, finding: &Misnamed) -> Result<(Rewrite, Vec<(PageRef, Page)>), String> {
    let mut path = Vec::new();
    for page in &finding.path {
        path.push((*page, shared.chain.page(page).await.map_err(|error| error.to_string())?));
    }
    let random = &shared.core.env.random;
    let planned = Rewrite::of(&path, &finding.bad, &finding.copy, || random.uuid());
    planned.ok_or_else(|| "the pages do not name the object that was found".to_owned())
}
