using System.Threading.Channels;
using Hydra.Storage;

namespace Hydra.Tests.Support;

/// <summary>Keys of subjects in the database of a world, answered a while after they were read.</summary>
internal sealed class SlowKeys(World world) : ISubjectKeyStore
{
    private readonly ISubjectKeyStore _keys = new InMemoryWorkflowStore(world.Database, "keys").SubjectKeys;
    private readonly Channel<bool> _givenUp = Channel.CreateUnbounded<bool>();
    private int _asked;

    public TimeSpan Answer { get; set; }

    /// <summary>Whether no key is taken.</summary>
    public bool Refuses { get; set; }

    /// <summary>How often a key was looked for.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public int GivenUp => _givenUp.Reader.Count;

    /// <summary>Waits until so many calls were told that they are given up.</summary>
    public async Task HearAsync(int count)
    {
        for (; count > 0; count--)
        {
            await _givenUp.Reader.ReadAsync(TestContext.Current.CancellationToken);
        }
    }

    public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        return AnswerAsync(_keys.FindAsync(id, cancellationToken), cancellationToken);
    }

    public Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken) => Refuses
        ? throw new InvalidOperationException("The vault is sealed.")
        : AnswerAsync(_keys.AddAsync(id, wrapped, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
        string? afterId, int limit, CancellationToken cancellationToken) =>
        AnswerAsync(_keys.ListAsync(afterId, limit, cancellationToken), cancellationToken);

    public Task<bool> ReplaceAsync(
        string id, string expected, string wrapped, CancellationToken cancellationToken) =>
        AnswerAsync(_keys.ReplaceAsync(id, expected, wrapped, cancellationToken), cancellationToken);

    public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) =>
        AnswerAsync(_keys.DestroyAsync(id, cancellationToken), cancellationToken);

    /// <summary>Hears of being given up, and goes on all the same, as careless code does.</summary>
    private async Task<T> AnswerAsync<T>(Task<T> answer, CancellationToken cancellationToken)
    {
        var answered = await answer;
        await using var given = cancellationToken.Register(() => _givenUp.Writer.TryWrite(true));
        await Task.Delay(Answer, world.Clock, CancellationToken.None);
        return answered;
    }
}
