namespace Hydra.Relational.Reading;

/// <summary>The statements of reads for people and tools that answer the same columns on every database.</summary>
internal interface IQueryStatements
{
    string FindExecution { get; }

    string FindExecutionByKey { get; }

    string ReadJournal { get; }

    string ReadTries { get; }

    string ReadCrashes { get; }

    string ReadRefusals { get; }

    string FindOrigin { get; }

    string ListDescendants { get; }
}
