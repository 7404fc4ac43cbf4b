using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Keys of a <see cref="PlantedStore"/>, which answers that it has destroyed one and has not.</summary>
internal sealed class PlantedSubjectKeys(ISubjectKeyStore keys) : ISubjectKeyStore
{
    public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken) =>
        keys.FindAsync(id, cancellationToken);

    public Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken) =>
        keys.AddAsync(id, wrapped, cancellationToken);

    public Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
        string? afterId, int limit, CancellationToken cancellationToken) =>
        keys.ListAsync(afterId, limit, cancellationToken);

    public Task<bool> ReplaceAsync(string id, string expected, string wrapped, CancellationToken cancellationToken) =>
        keys.ReplaceAsync(id, expected, wrapped, cancellationToken);

    public async Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) =>
        await keys.FindAsync(id, cancellationToken) is { IsDestroyed: false };
}
