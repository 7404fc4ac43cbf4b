namespace Hydra.Testing;

/// <summary>A call that sessions make at once, and what it answered and when.</summary>
/// <param name="session">Who makes it.</param>
/// <param name="what">What it is, to be read.</param>
/// <param name="call">Makes it on any store; answers the answer as text, and what the session learns of it.</param>
internal sealed class ConcurrentCall(
    ModelSession session, string what, Func<IWorkflowStore, Task<(string Text, Action Learn)>> call)
{
    private const int MostRounds = 100;

    private Action _learn = static () => { };

    public ModelSession Session => session;

    /// <summary>When it began and ended, on a clock that ticks with every beginning and every end.</summary>
    public (int Begin, int End) Time { get; private set; }

    /// <summary>What the store under test answered.</summary>
    public string Answer { get; private set; } = "";

    /// <summary>Makes the call; what the database undid it makes again, as the engine does.</summary>
    public async Task RunAsync(IWorkflowStore store, Func<int> tick)
    {
        var begin = tick();
        for (var round = 1; ; round++)
        {
            try
            {
                (Answer, _learn) = await CallAsync(store);
                Time = (begin, tick());
                return;
            }
            catch (StoreException exception) when (exception.Kind == StoreErrorKind.RolledBack && round < MostRounds)
            {
            }
        }
    }

    /// <summary>What another store answers.</summary>
    public async Task<string> AnswerAsync(IWorkflowStore store) => (await CallAsync(store)).Text;

    /// <summary>Lets the session learn of the answer.</summary>
    public void Learn() => _learn();

    public override string ToString() => $"{session.Index} [{Time.Begin}-{Time.End}] {what}\n      {Answer}";

    private async Task<(string Text, Action Learn)> CallAsync(IWorkflowStore store)
    {
        try
        {
            return await call(store);
        }
        catch (StoreException exception) when (exception.Kind == StoreErrorKind.Deterministic)
        {
            return ($"refused as {exception.Kind}", static () => { });
        }
    }
}
