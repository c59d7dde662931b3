vec![
    vec![
        ShopOp::Members(MemberRepositoryOp::Join { name: "Ann".into(), binds_member: h(0) }),
        ShopOp::Members(MemberRepositoryOp::NameOf { id: h(0) }),
    ],
    vec![
        ShopOp::Members(MemberRepositoryOp::Join { name: "Ann".into(), binds_member: h(0) }),
        ShopOp::Loans(LoanRepositoryOp::Buy { title: "Emma".into(), binds_book: h(0) }),
        ShopOp::Loans(LoanRepositoryOp::Lend {
            new: NewLoan {
                member: 0,
                guarantor: None,
                lines: vec![
                    Line { book_id: BookId(0), days: 1 },
                    Line { book_id: BookId(0), days: 1 },
                ],
            },
            new_member: h(0),
            new_member_2: h(0),
            new_book: vec![h(0)],
            binds_loan: h(0),
        }),
    ],
]
