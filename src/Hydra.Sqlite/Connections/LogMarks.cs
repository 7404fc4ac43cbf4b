namespace Hydra.Sqlite.Connections;

/// <summary>Which files the log and its index were when a connection had them open.</summary>
/// <remarks>
/// As long as a connection is open nobody may remove or replace either: only the last one to close removes them, and
/// checkpoints keep the files. So another inode, or none, is somebody's mistake. What is committed then goes into a
/// file that no other process will ever find, and two processes with two indexes no longer keep out of each other's
/// way.
/// </remarks>
internal sealed record LogMarks(FileMark? Log, FileMark? Index)
{
    public static LogMarks Of(string log, string index) => new(FileMark.Of(log), FileMark.Of(index));

    /// <summary>What has become of the files since.</summary>
    public FilePlace Compare(LogMarks now)
    {
        var log = Compare(Log, now.Log);
        var index = Compare(Index, now.Index);
        return log > index ? log : index;
    }

    private static FilePlace Compare(FileMark? then, FileMark? now) =>
        then is null || now is null || then == default(FileMark) || then == now ? FilePlace.Same
        : now == default(FileMark) ? FilePlace.Missing
        : FilePlace.Replaced;
}
