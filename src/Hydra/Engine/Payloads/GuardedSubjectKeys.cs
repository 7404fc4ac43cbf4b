using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>
/// A store of keys of the application's own: what it throws may say anything, and is logged without that; where it does
/// not answer, its callers do not wait for ever.
/// </summary>
internal sealed class GuardedSubjectKeys : ISubjectKeyStore
{
    /// <summary>How long an answer may take.</summary>
    public static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(10);

    private readonly ISubjectKeyStore _keys;
    private readonly TimeProvider _time;

    private GuardedSubjectKeys(ISubjectKeyStore keys, TimeProvider time) => (_keys, _time) = (keys, time);

    public static GuardedSubjectKeys? Of(ISubjectKeyStore? keys, TimeProvider time) =>
        keys is null ? null : new GuardedSubjectKeys(keys, time);

    public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken) =>
        GuardAsync(token => _keys.FindAsync(id, token), StoreErrorKind.NotSent, cancellationToken);

    public Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken) =>
        GuardAsync(token => _keys.AddAsync(id, wrapped, token), StoreErrorKind.InDoubt, cancellationToken);

    public Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
        string? afterId, int limit, CancellationToken cancellationToken) =>
        GuardAsync(token => _keys.ListAsync(afterId, limit, token), StoreErrorKind.NotSent, cancellationToken);

    public Task<bool> ReplaceAsync(
        string id, string expected, string wrapped, CancellationToken cancellationToken) => GuardAsync(
            token => _keys.ReplaceAsync(id, expected, wrapped, token), StoreErrorKind.InDoubt, cancellationToken);

    public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) =>
        GuardAsync(token => _keys.DestroyAsync(id, token), StoreErrorKind.InDoubt, cancellationToken);

    private async Task<T> GuardAsync<T>(
        Func<CancellationToken, Task<T>> call, StoreErrorKind unanswered, CancellationToken cancellationToken)
    {
        var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<T>? answer = null;
        try
        {
            answer = call(ends.Token);
            return await answer.WaitAsync(LongestAnswer, _time, cancellationToken);
        }
        catch (TimeoutException) when (answer is { IsCompleted: false })
        {
            throw new StoreException(
                unanswered,
                $"The store of subjects' keys has not answered within {LongestAnswer.TotalSeconds:0} seconds.");
        }
        catch (Exception e) when (WithheldMessages.Withhold(e))
        {
            throw; // Marked, and never caught here.
        }
        finally
        {
            if (answer is { IsCompleted: false })
            {
                GiveUp(answer, ends);
            }
            else
            {
                ends.Dispose();
            }
        }
    }

    /// <summary>
    /// Tells a call that nobody asks any more, and waits for nothing: what it does then is the application's, and what
    /// still comes of it is observed and forgotten.
    /// </summary>
    private static void GiveUp(Task answer, CancellationTokenSource ends)
    {
        Forget(answer, static () => { });
        Forget(ends.CancelAsync(), ends.Dispose);

        static void Forget(Task task, Action then) => _ = task.ContinueWith(
            late =>
            {
                _ = late.Exception;
                then();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
