"""What a night depends on: every file that makes figures or pages, and nothing that a run leaves behind."""

from pipeline.fingerprint import tree_hash


def test_every_kind_of_file_below_a_folder_counts_but_for_compiled_code(tmp_path):
    (tmp_path / "languages").mkdir()
    before = tree_hash(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    assert tree_hash(tmp_path) == before
    (tmp_path / "languages" / "en.toml").write_text('rose = "rose"')
    told = tree_hash(tmp_path)
    assert told != before
    (tmp_path / "languages" / "en.toml").write_text('rose = "went up"')
    assert tree_hash(tmp_path) != told
