namespace Hydra.Engine.Pipeline;

/// <summary>
/// What the writers of a process share for what they try apart: a few places, since each is a connection.
/// </summary>
/// <remarks>
/// Who has not been tried yet and who is known to wait have places of their own, so that neither keeps the other out.
/// The more there are, the shorter each waits in the database, so that all have had their turn within a moment: one
/// whose lock is gone does not stay behind the others, however many they are.
/// </remarks>
internal sealed class ApartRoom
{
    private const int Places = 4; // Of each kind.

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(2); // In which each has its turn.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan WaitOfSeveral = TimeSpan.FromMilliseconds(20); // As most of them need not wait.

    private int _groups;

    public ApartPlaces ForUntried { get; } = new(Places);

    public ApartPlaces ForHeld { get; } = new(Places);

    /// <summary>Counts what is apart. Safe from any thread.</summary>
    public void Add(int groups) => Interlocked.Add(ref _groups, groups);

    /// <summary>How long a try may wait in the database.</summary>
    /// <param name="groups">How many are tried together.</param>
    public TimeSpan LockWait(int groups)
    {
        var share = Round * Places / Math.Max(Volatile.Read(ref _groups), Places);
        var longest = groups > 1 && share > WaitOfSeveral ? WaitOfSeveral : share;
        return longest > ShortestWait ? longest : ShortestWait;
    }
}
