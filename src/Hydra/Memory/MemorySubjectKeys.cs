using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>The keys of subjects of one namespace.</summary>
internal sealed class MemorySubjectKeys(InMemoryWorkflowStore store, InMemoryDatabase database, NamespaceTables tables)
    : ISubjectKeyStore
{
    public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<SubjectKeyRow?>(cancellationToken)
            : Task.FromResult(database.Read(tables, id, static (tables, id, _) => Find(tables, id)));

    public Task<SubjectKeyRow> AddAsync(
        string id, string wrapped, CancellationToken cancellationToken) => store.WriteAsync(
        new SubjectKeyRow(id, wrapped),
        static (tables, row, _) =>
        {
            tables.SubjectKeys.TryAdd(row.Id, row);
            return Find(tables, row.Id)!;
        },
        cancellationToken);

    public Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
        string? afterId, int limit, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<IReadOnlyList<SubjectKeyRow>>(cancellationToken)
            : Task.FromResult(database.Read(tables, (afterId, limit), static (tables, page, _) => List(tables, page)));

    public Task<bool> ReplaceAsync(
        string id, string expected, string wrapped, CancellationToken cancellationToken) => store.WriteAsync(
        (Expected: new SubjectKeyRow(id, expected), Wrapped: wrapped),
        static (tables, change, _) =>
        {
            var isExpected = Find(tables, change.Expected.Id) == change.Expected;
            if (isExpected)
            {
                tables.SubjectKeys[change.Expected.Id] = change.Expected with { Wrapped = change.Wrapped };
            }

            return isExpected;
        },
        cancellationToken);

    public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) => store.WriteAsync(
        id,
        static (tables, id, _) =>
        {
            var had = Find(tables, id) is { IsDestroyed: false };
            tables.SubjectKeys[id] = new SubjectKeyRow(id, null);
            return had;
        },
        cancellationToken);

    private static IReadOnlyList<SubjectKeyRow> List(NamespaceTables tables, (string? AfterId, int Limit) page) =>
    [
        .. tables.SubjectKeys.Values
            .Where(row => !row.IsDestroyed && string.CompareOrdinal(row.Id, page.AfterId) > 0)
            .OrderBy(static row => row.Id, StringComparer.Ordinal)
            .Take(page.Limit),
    ];

    private static SubjectKeyRow? Find(NamespaceTables tables, string id) => tables.SubjectKeys.GetValueOrDefault(id);
}
