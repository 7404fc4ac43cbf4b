using System.Text;
using Hydra.Simulation.Worlds;

namespace Hydra.Simulation.Faults;

/// <summary>
/// What was hit by what: every state of an execution by every kind of fault, every call of the store by every class of
/// error. A simulation whose chance never gets somewhere proves nothing about that place.
/// </summary>
/// <remarks>
/// A fault counts when it happens, not when chance decides that it will: an error when its caller hears it, a crash or
/// a pause when the process still ran, a lock when somebody waits for it.
/// </remarks>
internal sealed class Coverage
{
    private static readonly Fate[] Fates = [.. Enum.GetValues<Fate>().Where(fate => fate != Fate.Fine)];
    private static readonly ProcessFault[] ProcessFaults = Enum.GetValues<ProcessFault>();
    private static readonly CallKind[] Calls = Enum.GetValues<CallKind>();
    private static readonly OperationKind[] Operations = Enum.GetValues<OperationKind>();
    private static readonly string[] FaultNames =
        [.. Fates.Select(fate => fate.ToString()), .. ProcessFaults.Select(fault => fault.ToString())];

    private static readonly ErrorClass[] Errors = Enum.GetValues<ErrorClass>();
    private static readonly string[] ErrorNames = Enum.GetNames<ErrorClass>();

    /// <summary>States that nothing leads to yet: no code waits for signals, and nobody can pause anything.</summary>
    private static readonly ExecutionState[] Unreached = [ExecutionState.Waiting, ExecutionState.Paused];

    private static readonly ExecutionState[] States = [.. Enum.GetValues<ExecutionState>().Except(Unreached)];

    private readonly long[,] _byState = new long[Enum.GetValues<ExecutionState>().Length, FaultNames.Length];
    private readonly long[,] _byCall = new long[Calls.Length, Errors.Length];
    private readonly long[,] _byOperation = new long[Operations.Length, Errors.Length];

    public void Hit(ExecutionState state, Fate fate) => _byState[(int)state, Array.IndexOf(Fates, fate)]++;

    public void Hit(ExecutionState state, ProcessFault fault) => _byState[(int)state, Fates.Length + (int)fault]++;

    /// <summary>A call was answered with an error.</summary>
    public void Hit(CallKind call, ErrorClass error) => _byCall[(int)call, (int)error]++;

    /// <summary>A commit that held an operation was answered with an error.</summary>
    public void Hit(OperationKind operation, ErrorClass error) => _byOperation[(int)operation, (int)error]++;

    public void Add(Coverage other)
    {
        Add(_byState, other._byState);
        Add(_byCall, other._byCall);
        Add(_byOperation, other._byOperation);
    }

    /// <summary>The pairs that worlds without schedules can reach and did not.</summary>
    public IReadOnlyList<string> Missing() =>
    [
        .. from state in States
           from fault in Enumerable.Range(0, FaultNames.Length)
           where _byState[(int)state, fault] == 0 && !IsImpossible(state, fault)
           select $"{state} x {FaultNames[fault]}",
        .. MissingOf(Calls.Where(static call => call < CallKind.FindSchedule)),
        .. from operation in Operations
           from error in Errors
           where _byOperation[(int)operation, (int)error] == 0
           select $"{operation} x {error}",
    ];

    /// <summary>The same of the calls that only worlds with schedules make.</summary>
    public IReadOnlyList<string> MissingOfSchedules() => [.. MissingOf(Calls.Where(IsOfSchedules))];

    public override string ToString()
    {
        var text = new StringBuilder("Executions in a state when a fault hit:\n");
        Write(text, FaultNames, States.Select(state => state.ToString()), (row, column) =>
            _byState[(int)States[row], column]);
        text.Append("Calls of the store answered with an error:\n");
        Write(text, ErrorNames, Calls.Select(call => call.ToString()), (row, column) => _byCall[row, column]);
        text.Append("Operations in a commit that was answered with an error:\n");
        Write(text, ErrorNames, Operations.Select(operation => operation.ToString()), (row, column) =>
            _byOperation[row, column]);
        return text.ToString();
    }

    private IEnumerable<string> MissingOf(IEnumerable<CallKind> calls) =>
        from call in calls
        from error in Errors
        where _byCall[(int)call, (int)error] == 0 && !IsImpossible(call, error)
        select $"{call} x {error}";

    private static bool IsOfSchedules(CallKind call) => call is >= CallKind.FindSchedule and <= CallKind.ApplySchedule;

    /// <summary>
    /// The database itself refuses what is behind a lock, and results; a commit that comes too late is left to luck.
    /// </summary>
    private static bool IsImpossible(CallKind call, ErrorClass error) =>
        error == ErrorClass.DoubtRefused && call is not (CallKind.Commit or CallKind.Land or CallKind.Bar);

    /// <summary>No clock decides about what has ended.</summary>
    private static bool IsImpossible(ExecutionState state, int fault) =>
        fault == Fates.Length + (int)ProcessFault.DatabaseJump && state.IsTerminal();

    private static void Add(long[,] sums, long[,] others)
    {
        for (var row = 0; row < sums.GetLength(0); row++)
        {
            for (var column = 0; column < sums.GetLength(1); column++)
            {
                sums[row, column] += others[row, column];
            }
        }
    }

    private static void Write(
        StringBuilder text, string[] columns, IEnumerable<string> rows, Func<int, int, long> count)
    {
        const int First = 15;
        const int Width = 15;
        text.Append(' ', First).AppendJoin("", columns.Select(name => name.PadLeft(Width))).Append('\n');
        foreach (var (row, name) in rows.Index())
        {
            text.Append(name.PadRight(First)).AppendJoin("", columns.Select((_, column) =>
                $"{count(row, column),Width:N0}")).Append('\n');
        }
    }
}
