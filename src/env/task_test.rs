//! The pool is bounded in threads and in queue.

use crate::{Pool, PoolError};
use std::sync::mpsc;
use tokio::runtime::Handle;

#[tokio::test]
async fn a_full_queue_refuses_instead_of_growing() {
    let pool = Pool::new(Handle::current(), 1, 1);
    let (release, held) = mpsc::channel::<()>();
    let running = crate::spawn({
        let pool = pool.clone();
        async move { pool.run(move || held.recv().is_ok()).await }
    });
    while pool.idle_threads() > 0 {
        tokio::task::yield_now().await;
    }
    let waiting = crate::spawn({
        let pool = pool.clone();
        async move { pool.run(|| 2).await }
    });
    tokio::task::yield_now().await; // one thread runs this test: after a yield the second job waits in the queue
    assert_eq!(pool.run(|| ()).await, Err(PoolError::Busy));
    release.send(()).unwrap();
    assert_eq!(running.await.unwrap(), Ok(true));
    assert_eq!(waiting.await.unwrap(), Ok(2));
}

#[tokio::test]
async fn a_panicking_job_is_lost_and_frees_its_thread() {
    let pool = Pool::new(Handle::current(), 1, 0);
    assert_eq!(pool.run(|| panic!("on purpose")).await, Err::<(), _>(PoolError::Lost));
    assert_eq!(pool.run(|| 1).await, Ok(1));
}

#[test]
fn parallel_jobs_answer_in_the_order_of_their_items() {
    let squares = crate::parallel(3, (0..100).collect(), |n: u64| n * n);
    assert_eq!(squares, (0..100).map(|n| n * n).collect::<Vec<u64>>());
    assert!(crate::parallel(4, Vec::<u64>::new(), |n| n).is_empty());
}

#[test]
fn a_thread_says_whether_it_ended_well() {
    assert!(crate::Thread::start("quiet", || {}).unwrap().join());
}

#[test]
fn a_thread_that_gives_way_does_so_alone() {
    let present = || rustix::process::getpriority_process(None).unwrap();
    let before = present();
    let gave_way = std::thread::spawn(move || {
        crate::give_way(10);
        present()
    });
    assert_eq!(gave_way.join().unwrap(), (before + 10).min(19));
    assert_eq!(present(), before);
}
