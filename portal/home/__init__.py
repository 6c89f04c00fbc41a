"""ホーム home: the first page, for strangers and for residents. Knows the other rooms' doors; no tables."""
