//! An answer that is there, or comes.

use futures::FutureExt;
use futures::future::BoxFuture;
use std::fmt;
use std::future::Future;

/// An answer that is there, or comes with a future in which every wait has a deadline.
pub enum Pending<T> {
    /// It is there.
    Now(T),
    /// It comes.
    Later(BoxFuture<'static, T>),
}

impl<T: Send + 'static> Pending<T> {
    /// An answer that has to be waited for.
    pub fn later(future: impl Future<Output = T> + Send + 'static) -> Self {
        Pending::Later(future.boxed())
    }

    /// The answer to something else that is made of this one.
    pub fn map<U: Send + 'static>(self, change: impl FnOnce(T) -> U + Send + 'static) -> Pending<U> {
        match self {
            Pending::Now(answer) => Pending::Now(change(answer)),
            Pending::Later(answer) => Pending::later(answer.map(change)),
        }
    }

    /// Waits for it.
    pub async fn wait(self) -> T {
        match self {
            Pending::Now(answer) => answer,
            Pending::Later(answer) => answer.await,
        }
    }

    /// The answers in their order, once all are there.
    pub fn all(answers: Vec<Pending<T>>) -> Pending<Vec<T>> {
        if answers.iter().any(|answer| matches!(answer, Pending::Later(_))) {
            return Pending::later(futures::future::join_all(answers.into_iter().map(Pending::wait)));
        }
        let now = |answer| match answer {
            Pending::Now(answer) => Some(answer),
            Pending::Later(_) => None,
        };
        Pending::Now(answers.into_iter().filter_map(now).collect())
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Pending::Now(_) => "Now",
            Pending::Later(_) => "Later",
        })
    }
}
