//! Who may do what.

use kvguard_runtime::testing::{
    AccessTable, CertificateRequest, DatasvcServerBuilder, IdentityForm, IdentityForms, Outcome,
};
use kvguard_runtime::{BucketFacts, DatasvcStore, KvStore, Operation, Revision, StoreError};

use crate::support::{Fleet, KEY, NOBODY, READER, WRITER, denial};

/// Every operation, each with its outcome.
async fn each(store: &DatasvcStore) -> Vec<(Operation, Result<(), StoreError>)> {
    let watched = match store.watch(&KEY).await {
        Ok(mut watch) => watch.next().await.expect("an item").map(drop),
        Err(error) => Err(error),
    };
    vec![
        (Operation::Get, store.get(&KEY).await.map(drop)),
        (Operation::Get, store.get_many(&[KEY]).await.map(drop)),
        (Operation::Watch, watched),
        (Operation::Put, store.put(&KEY, "b".into()).await.map(drop)),
        (
            Operation::Create,
            store.create(&KEY, "b".into()).await.map(drop),
        ),
        (
            Operation::Update,
            store
                .update(&KEY, "b".into(), Revision::new(1))
                .await
                .map(drop),
        ),
        (Operation::Delete, store.delete(&KEY).await),
        (Operation::Purge, store.purge(&KEY).await.map(drop)),
        (
            Operation::DescribeBucket,
            store.describe_bucket().await.map(drop),
        ),
    ]
}

#[tokio::test]
async fn each_operation_without_a_grant_is_denied_with_the_identity_and_the_missing_role() {
    let fleet = Fleet::new();
    fleet.server.set(&KEY, "a");
    for (operation, outcome) in each(&fleet.store(NOBODY).await).await {
        let error = outcome.expect_err(operation.name());
        let role = if operation.is_write() {
            "writer"
        } else {
            "reader"
        };
        assert_eq!(error.operation(), operation);
        assert_eq!(denial(&error), (Some(NOBODY), Some(role)), "{operation}");
    }
    assert_eq!(fleet.server.value(&KEY), Some("a".into()));
    let recorded = fleet.server.recording().all();
    let was_denied = |recorded: &kvguard_runtime::testing::Recorded| {
        recorded.outcome == Outcome::Denied && recorded.identity.as_deref() == Some(NOBODY)
    };
    assert!(recorded.iter().all(was_denied), "{recorded:?}");
}

#[tokio::test]
async fn a_reader_is_denied_each_write_alone() {
    let fleet = Fleet::new();
    fleet.server.set(&KEY, "a");
    for (operation, outcome) in each(&fleet.store(READER).await).await {
        assert_eq!(outcome.is_err(), operation.is_write(), "{operation}");
        if let Err(error) = outcome {
            assert_eq!(denial(&error), (Some(READER), Some("writer")));
        }
    }
    assert_eq!(fleet.server.value(&KEY), Some("a".into()));
}

#[tokio::test]
async fn a_reader_is_told_the_name_of_the_bucket_and_nothing_that_the_data_service_does_not_know() {
    let fleet = Fleet::with(|builder| builder.with_bucket("fleet-config"));
    let facts = fleet.store(READER).await.describe_bucket().await;
    let facts = facts.expect("a description");
    assert_eq!(facts.name.as_deref(), Some("fleet-config"));
    let mut expected = BucketFacts::default();
    expected.name = facts.name.clone();
    assert_eq!(facts, expected);
}

#[tokio::test]
async fn a_server_that_enforces_nothing_lets_everybody_write() {
    let fleet = Fleet::with(DatasvcServerBuilder::without_enforcement);
    let store = fleet.store(NOBODY).await;
    store.put(&KEY, "b".into()).await.expect("a put");
    let recorded = fleet.server.recording().writes();
    assert_eq!(recorded[0].identity.as_deref(), Some(NOBODY));
    assert_eq!(recorded[0].outcome, Outcome::Done);
}

#[tokio::test]
async fn a_grant_is_taken_away_while_the_client_is_connected() {
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    store.put(&KEY, "a".into()).await.expect("a put");
    fleet
        .server
        .set_access_table(AccessTable::new().grant(WRITER, "reader"));
    let error = store.put(&KEY, "b".into()).await.unwrap_err();
    assert_eq!(denial(&error), (Some(WRITER), Some("writer")));
    assert_eq!(fleet.server.value(&KEY), Some("a".into()));
}

#[tokio::test]
async fn a_role_that_is_none_grants_nothing() {
    let fleet =
        Fleet::with(|builder| builder.with_access_table(AccessTable::new().grant(WRITER, "admin")));
    let error = fleet.store(WRITER).await.get(&KEY).await.unwrap_err();
    assert!(error.is_permission_denied(), "{error}");
}

/// Whether a certificate may write, under a table with one rule and forms.
async fn may_write(request: &CertificateRequest, identity: &str, forms: IdentityForms) -> bool {
    let fleet = Fleet::with(|builder| {
        builder
            .with_access_table(AccessTable::new().grant(identity, "writer"))
            .with_identity_forms(forms)
    });
    let put = fleet.store_of(request).await.put(&KEY, "a".into()).await;
    match put {
        Ok(_) => true,
        Err(error) if error.is_permission_denied() => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_table_for_one_form_of_identity_matches_nothing_under_another() {
    const ID: &str = "spiffe://example.org/services/trapd";
    const WHOLE: &str = "CN=trapd,OU=Edge,O=Example,L=Oslo,ST=Oslo,C=NO";
    const SHORT: &str = "CN=trapd,O=Example";
    let both = CertificateRequest::subject(WHOLE).with_uri(ID);
    let subject_alone = CertificateRequest::subject(WHOLE);
    let original = IdentityForms::default;
    let short = || {
        IdentityForms::first_of([
            IdentityForm::SpiffeId,
            IdentityForm::CommonNameAndOrganization,
        ])
    };
    let each = || {
        IdentityForms::each_of([
            IdentityForm::SpiffeId,
            IdentityForm::Subject,
            IdentityForm::CommonNameAndOrganization,
            IdentityForm::CommonName,
        ])
    };
    for (request, identity, forms, expected) in [
        (&both, ID, original(), true),
        (&both, WHOLE, original(), false),
        (&subject_alone, WHOLE, original(), true),
        (&subject_alone, SHORT, original(), false),
        (&subject_alone, WHOLE, short(), false),
        (&subject_alone, SHORT, short(), true),
        (&both, SHORT, short(), false),
        (&both, ID, each(), true),
        (&both, WHOLE, each(), true),
        (&both, SHORT, each(), true),
        (&both, "CN=trapd", each(), true),
        (&both, "CN=other", each(), false),
    ] {
        let may = may_write(request, identity, forms.clone()).await;
        assert_eq!(may, expected, "{identity} under {forms:?}");
    }
}
