pub async fn run(
    _: &mut super::Session,
    _: &[kvguard::registry::Spanned<String>],
    _: Vec<super::plan::Job>,
) -> Result<(), super::Failure> {
    Ok(())
}
