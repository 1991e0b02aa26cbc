//! Adding and removing rules.

use crate::change::RECORDS_MAX;
use crate::{AclFilter, Change, Principal, Refusal, RefusalKind};
use esker_metadata::{ACLS_MAX, Acl, AclResourceType, ClusterImage, Record};
use std::collections::BTreeSet;

/// A rule that somebody wants, or why it is none.
pub type NewAcl = Result<Acl, Refusal>;

/// The name of the only resource of type cluster.
const CLUSTER_NAME: &str = "kafka-cluster";

fn check(acl: &Acl) -> Result<(), Refusal> {
    if acl.resource_type == AclResourceType::Cluster && &*acl.resource_name != CLUSTER_NAME {
        let text = format!("The only valid name for the CLUSTER resource is {CLUSTER_NAME}");
        return Err(Refusal::invalid(text));
    }
    if acl.resource_name.is_empty() {
        return Err(Refusal::invalid("Invalid empty resource name"));
    }
    if Principal::parse(&acl.principal).is_err() {
        return Err(Refusal::invalid(format!(
            "Could not parse principal from `{}` (no colon is present separating the principal type from the principal name)",
            acl.principal
        )));
    }
    Ok(())
}

/// Adds rules. One that is there already is not added and no fault.
///
/// # Errors
/// Where there would be too many; else the answer says of each in order whether it could be.
pub fn create_acls(image: &ClusterImage, acls: &[NewAcl]) -> Result<Change<Vec<Result<(), Refusal>>>, Refusal> {
    let mut new = BTreeSet::new();
    let mut answer = Vec::with_capacity(acls.len());
    for acl in acls {
        let checked = acl.as_ref().map_err(Refusal::clone).and_then(|acl| check(acl).map(|()| acl));
        if let Ok(acl) = checked
            && !image.acls().contains(acl)
        {
            new.insert(acl.clone());
        }
        answer.push(checked.map(|_| ()));
    }
    if image.acls().len() + new.len() > ACLS_MAX {
        let text = format!("A cluster keeps at most {ACLS_MAX} access rules.");
        return Err(Refusal::new(RefusalKind::PolicyViolation, text));
    }
    if new.len() > RECORDS_MAX {
        return Err(Refusal::new(RefusalKind::PolicyViolation, "Unable to perform excessively large batch operation."));
    }
    Ok(Change { records: new.into_iter().map(Record::AclCreated).collect(), answer })
}

/// Removes the rules that each filter means. A rule that two filters mean is in the answer of both.
pub fn delete_acls(
    image: &ClusterImage,
    filters: &[Result<AclFilter, Refusal>],
) -> Change<Vec<Result<Vec<Acl>, Refusal>>> {
    let mut gone = BTreeSet::new();
    let mut answer = Vec::with_capacity(filters.len());
    for filter in filters {
        answer.push(filter.as_ref().map_err(Refusal::clone).and_then(|filter| {
            let meant: Vec<Acl> = filter.select(image.acls()).take(RECORDS_MAX + 1).collect();
            let new = meant.iter().filter(|acl| !gone.contains(*acl)).count();
            if gone.len() + new > RECORDS_MAX {
                let text = format!("Cannot remove more than {RECORDS_MAX} acls in a single delete operation.");
                return Err(Refusal::new(RefusalKind::PolicyViolation, text));
            }
            gone.extend(meant.iter().cloned());
            Ok(meant)
        }));
    }
    Change { records: gone.into_iter().map(Record::AclRemoved).collect(), answer }
}
